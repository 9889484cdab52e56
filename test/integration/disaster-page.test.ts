import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ANY, reset } from '../faults/support/fault-proxy.ts';
import { type CommandRun, type OperatorStack, sender, startOperatorStack } from './support/operator-stack.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/disaster-drill.md', import.meta.url)), 'utf8');
const DRILL = PAGE.split(/^## /m).find((part) => part.startsWith('ClickHouse is away\n')) ?? '';
/** Longer than ingest leaves ClickHouse alone after a failure. */
const BREAKER_MS = 31_000;

let operator: OperatorStack;

beforeAll(async () => {
  operator = await startOperatorStack();
}, 60_000);
afterAll(() => operator?.close());

/** A command of the page, and what it says that is printed. */
interface Step {
  readonly title: string;
  readonly command: string;
  readonly printed: readonly string[];
}

const STEPS: readonly Step[] = [...DRILL.matchAll(/^\d\. (.*)\n((?:\n| {3}.*\n)*)/gm)].flatMap(
  ([, title = '', body = '']) => {
    const [, block] = /```console\n([\s\S]*?)```/.exec(body) ?? [];
    const commands = block?.split(/^ *\$ edgehouse /m).slice(1) ?? [''];
    return commands.map((text) => {
      const [command = '', ...printed] = text.trim().split('\n');
      return { title, command, printed };
    });
  },
);

/** A line of the page is about those lines: figures and blanks may be others, and `…` stands for anything. */
function meant(line: string): RegExp {
  const words = line
    .trim()
    .split(/\s+/)
    .map((word) =>
      word
        .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll(/\d+/g, '\\d+')
        .replaceAll('…', '.*'),
    );
  return new RegExp(`^${words.join('\\s+')}$`);
}

async function run(command: string): Promise<CommandRun> {
  const known: Readonly<Record<string, readonly string[]>> = {
    '"$URL"': [operator.stack.ready.api],
    [`"\${SENDER[@]}"`]: ['--stream', 'web_events', ...sender(operator.stack).slice(2)],
    '"$CLICKHOUSE_URL"': [operator.engine.url],
  };
  const words = command.split(' ').flatMap((word) => known[word] ?? [word]);
  return operator.run(words[0] === 'smoke' ? words : [...words, '--data', operator.dataDir]);
}

async function untilSpoolIsEmpty(): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await run('spool ls')).out.at(-1)?.startsWith('0 objects')) {
    if (performance.now() > deadline) throw new Error('the spool was not empty within 30 s');
    await setTimeout(100);
  }
}

test('the drill in which ClickHouse is away runs as its page says, and prints what stands there', async () => {
  for (const { title, command, printed } of STEPS) {
    if (title.startsWith('Stop the service')) operator.proxy.set(ANY, reset);
    if (title.startsWith('Start the service')) {
      operator.proxy.clear();
      operator.wait(BREAKER_MS);
      await untilSpoolIsEmpty();
    }
    if (command === '') continue;

    const { out, err } = await run(command);

    expect(err).toEqual([]);
    expect(printed.length).toBeGreaterThan(0);
    const missing = printed.filter((line) => !out.some((seen) => meant(line).test(seen)));
    expect([command, missing]).toEqual([command, []]);
  }
  expect(STEPS.map(({ command }) => command.split(' ')[0])).toEqual([
    'smoke',
    '',
    'smoke',
    'spool',
    '',
    'spool',
    'reconcile',
  ]);
}, 90_000);
