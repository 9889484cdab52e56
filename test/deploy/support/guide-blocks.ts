import { readFile } from 'node:fs/promises';

const DOCUMENT = new URL('../../../docs/deploy.md', import.meta.url);

/** Commands of the deployment guide, between two fences. */
export interface GuideBlock {
  /** The heading that they stand under. */
  readonly section: string;
  /** Who alone can run them, and what they are called: the words after `sh`. Undefined: anybody with an AWS account, in CI too. */
  readonly elsewhere: string | undefined;
  readonly text: string;
}

/** The commands of docs/deploy.md, in its order. */
export async function readGuide(): Promise<readonly GuideBlock[]> {
  return guideBlocks(await readFile(DOCUMENT, 'utf8'));
}

/** @throws TypeError for a fence that does not say `sh`: nobody would know whether it is meant to be typed */
export function guideBlocks(markdown: string): readonly GuideBlock[] {
  const blocks: GuideBlock[] = [];
  let section = '';
  let open: { readonly elsewhere: string | undefined; readonly lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = /^```(.*)$/.exec(line)?.[1];
    if (fence === undefined) {
      if (open !== undefined) open.lines.push(line);
      else section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
    } else if (open === undefined) {
      const [language, ...words] = fence.split(' ');
      if (language !== 'sh') throw new TypeError(`"${section}": a fence must say sh, seen: ${fence || 'nothing'}`);
      open = { elsewhere: words.length === 0 ? undefined : words.join(' '), lines: [] };
    } else {
      blocks.push({ section, elsewhere: open.elsewhere, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  return blocks;
}
