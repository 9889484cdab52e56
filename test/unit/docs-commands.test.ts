import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../cli/parse-command.ts';
import { UsageError } from '../../cli/usage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...markdownUnder('docs')];
const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));

interface Written {
  readonly page: string;
  /** From the name of the program on. */
  readonly line: string;
  /** In a block of its own: a whole command line. Others, in a sentence, may leave out what is said elsewhere. */
  readonly whole: boolean;
}

const COMMANDS: readonly Written[] = PAGES.flatMap((page) => commandsOf(page, read(page)));

describe('a page', () => {
  test('is searched for commands at all, in blocks and in sentences', () => {
    const found = commandsOf('page', SAMPLE).map(({ line, whole }) => `${whole ? 'whole' : 'named'} ${line}`);

    expect(found).toEqual([
      'whole edgehouse audit --since 1h',
      'whole edgehouse send - --api https://x.example --stream s --credentials https://x.example --batch 5',
      'whole edgehouse tail --stream web_events --clickhouse https://x.example',
      'named edgehouse spool ls',
    ]);
    expect(COMMANDS.filter(({ whole }) => whole).length).toBeGreaterThan(40);
    expect(COMMANDS.length).toBeGreaterThan(100);
  });

  test.each(PAGES)('%s names only commands and options that edgehouse has', (page) => {
    const wrong = COMMANDS.filter((command) => command.page === page).flatMap((command) => fault(command));

    expect(wrong).toEqual([]);
  });

  test.each(PAGES)('%s names only npm scripts that exist', (page) => {
    const named = [...read(page).matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name);

    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

test('a command that is not one is found, whatever is wrong with it', () => {
  const lines = ['smok', 'audit --sinc 1h', 'spool list', 'rotate', 'audit now --since 1h', 'grants apply'];

  const faults = lines.flatMap((line) => fault({ page: 'page', line: `edgehouse ${line}`, whole: true }));

  expect(faults).toHaveLength(lines.length);
});

const SAMPLE = `
\`\`\`sh
$ edgehouse audit --since 1h
nothing
SENDER=(--stream s --credentials "$credentials")
rows | npm run --silent edgehouse -- send - --api "$(AWS_REGION=a output B)" "\${SENDER[@]}" \\
  --batch 5 > sent.txt &
edgehouse tail --stream web_events --clickhouse URL # a remark
\`\`\`

Then \`edgehouse spool ls\`, of \`edgehouse/spool-key\`.
`;

/** A label of a key that is derived. */
const NO_COMMAND = 'edgehouse client ip v1';

/** What the parser says against it; nothing against one that leaves something out where it may. */
function fault({ page, line, whole }: Written): readonly string[] {
  const words = line.split(' ').slice(1);
  if (line === NO_COMMAND || words[0] === '<command>') return [];
  try {
    parseCommand(
      words.filter((word) => word !== '…'),
      {},
    );
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // A sentence may name the first word alone, or leave out what is said before; a block may say with … that it goes on as before.
    const partial = !whole || words.includes('…');
    const wrong = /^unknown |takes no |seen an argument/.test(error.message);
    const wrongAction = words.length > 1 && /: expected [\w-]+ [\w-]+, /.test(error.message);
    return partial && !wrong && !wrongAction ? [] : [`${page}: ${line}: ${error.message}`];
  }
}

function commandsOf(page: string, text: string): readonly Written[] {
  const lists = new Map([...text.matchAll(/^(\w+)=\(([^)]*)\)$/gm)].map(([, name = '', words = '']) => [name, words]));
  const inBlocks = [...text.matchAll(/^ *```[^\n]*\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = '']) => {
    const lines = block
      .replaceAll(/\\\n\s*/g, '')
      .replaceAll(/"\$\{(\w+)\[@\]\}"/g, (_all, name) => lists.get(name) ?? '');
    return [
      ...lines.matchAll(/(?:^\s*(?:\$ )?|[|&;{] )(?:npm run (?:--silent )?edgehouse --|edgehouse) ([a-z<].*)$/gm),
    ];
  });
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  const inSentences = [...prose.matchAll(/`(?:npm run edgehouse --|edgehouse)\s([^`]*)`/g)];
  return [
    ...inBlocks.map(([, rest = '']) => ({ page, line: `edgehouse ${wordsOf(rest)}`, whole: true })),
    ...inSentences.map(([, rest = '']) => ({ page, line: `edgehouse ${wordsOf(rest)}`, whole: false })),
  ];
}

/** Up to where the shell's own begins, with stand-ins for what it and the reader put in. */
function wordsOf(text: string): string {
  return (
    text
      .replaceAll(/"\$\([^)]*\)"|"\$\w+"|\bURL\b|http:\/\/127\.0\.0\.1:PORT/g, 'https://x.example')
      .replaceAll(/\bBATCH_ID\b|<batch id>/g, '01940000-0000-7000-8000-000000000000')
      .replaceAll(/\b(ID|N|MINUTES)\b/g, '7')
      .replaceAll(/\bSTREAM\b/g, 'stream')
      .split(/ {2,}| [|&;>#]|;/)[0]
      ?.trim()
      .replaceAll(/\s+/g, ' ') ?? ''
  );
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function markdownUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
