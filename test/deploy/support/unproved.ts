import { readFile } from 'node:fs/promises';

const DOCUMENT = new URL('../../../docs/emulator.md', import.meta.url);

/** What the emulator shows nothing about: the lines of docs/emulator.md that leave the proof to assertions on the template. */
export async function listUnproved(): Promise<readonly string[]> {
  const lines = (await readFile(DOCUMENT, 'utf8')).split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.flatMap(([, what = '', , left]) => (left === 'template' ? [what] : []));
}
