import { readFile } from 'node:fs/promises';

const DOCUMENT = new URL('../../../docs/emulator.md', import.meta.url);

/** Something that only an account of AWS can show. */
export interface Unproved {
  readonly what: string;
  /** The section of docs/check-on-aws.md that says how to see it there. */
  readonly section: string;
}

/** What the emulator shows nothing about: the lines of docs/emulator.md that end in a link to docs/check-on-aws.md. */
export async function listUnproved(): Promise<readonly Unproved[]> {
  const lines = (await readFile(DOCUMENT, 'utf8')).split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.flatMap(([, what = '', , left = '']) => {
    const section = /\(check-on-aws\.md#([\w-]+)\)$/.exec(left)?.[1];
    return section === undefined ? [] : [{ what, section }];
  });
}
