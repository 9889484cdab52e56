import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { config } from '#config';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { countEvents, ledgerOf, postClientBatch } from './support/edge-client-batch.ts';

/** The local edge serves a rule from so many contexts in turn, and each holds credentials of its own. */
const CONTEXTS = 4;
const LOOK_AGAIN_MS = 10;
const COLLECTOR = '12346';

const ITEM = z.object({ token: z.string(), key: z.string(), keyId: z.string(), exp: z.number() });
const BATCH_LINE = z.object({
  audit: z.literal('batch'),
  batchId: z.string(),
  status: z.number(),
  identity: z.object({ jti: z.string(), sub: z.string() }),
});

interface Schedule {
  readonly milliseconds: number;
  readonly run: () => void;
}

let folder: string;
let stack: Stack;
const schedules: Schedule[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-refresh-'));
  stack = await startStack({
    config,
    dataDir: join(folder, 'data'),
    say: () => {},
    repeat: (milliseconds, run) => {
      schedules.push({ milliseconds, run });
      return () => {};
    },
  });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the token is renewed every 15 minutes, each time with another key, and no batch is refused or lost', async () => {
  expect(schedules.map(({ milliseconds }) => milliseconds)).toEqual([15 * 60_000]);

  // One batch after each refresh: every context of the edge gets to know another token.
  const items = [await readItem()];
  const first = [await sendBatch()];
  while (first.length < CONTEXTS) {
    items.push(await refresh());
    first.push(await sendBatch());
  }
  // Then refreshes among batches that the contexts send with the tokens that they hold.
  const among: Sent[] = [];
  for (let round = 0; round < 5; round++) {
    const [renewed, ...sent] = await Promise.all([refresh(), ...Array.from({ length: 2 * CONTEXTS }, sendBatch)]);
    items.push(renewed);
    among.push(...sent);
  }

  const sent = [...first, ...among];
  expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
  for (const values of [items.map(({ keyId }) => keyId), items.map(({ key }) => key), items.map(jtiOf)]) {
    expect(new Set(values).size).toBe(items.length);
  }
  const used = tokensUsed();
  const inTurn = items.slice(0, CONTEXTS).map(jtiOf);
  expect(first.map(({ id }) => used.get(id))).toEqual(inTurn);
  expect(new Set(among.map(({ id }) => used.get(id)))).toEqual(new Set(inTurn));
  expect(await countEvents(stack.ready, `event_name = '${MARK}'`)).toBe(sent.length);
  const ledgers = await Promise.all(sent.map(({ id }) => ledgerOf(stack.ready, id)));
  const whole = { principal: 'web-collector', declared: 1, stored: 1, quarantined: 0, missing: 0, duplicates: 0 };
  expect(ledgers).toEqual(sent.map(() => [whole]));
});

type Item = z.infer<typeof ITEM>;

interface Sent {
  readonly id: string;
  readonly status: number;
}

const MARK = randomUUID();

async function sendBatch(): Promise<Sent> {
  const id = randomUUID();
  const events = [{ event_time: '2026-11-23T10:00:00Z', path: '/a', event_name: MARK }];
  const { status } = await postClientBatch(stack.ready, { id, events });
  return { id, status };
}

async function readItem(): Promise<Item> {
  const url = new URL(COLLECTOR, stack.ready.edgekvItem);
  return ITEM.parse(await (await fetch(url)).json());
}

/** Runs the schedule once, and resolves with the item that it made. The test's own time limit ends it. */
async function refresh(): Promise<Item> {
  const { token } = await readItem();
  schedules[0]?.run();
  for (;;) {
    const item = await readItem();
    if (item.token !== token) return item;
    await pause(LOOK_AGAIN_MS);
  }
}

function jtiOf({ token }: Item): string | undefined {
  return decodeJwt(token).jti;
}

/** The `jti` of the token with which each batch came, by its id, as the audit lines have it. */
function tokensUsed(): ReadonlyMap<string, string> {
  const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
  const batches = lines.flatMap((line) => {
    const parsed = BATCH_LINE.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  });
  return new Map(batches.map(({ batchId, identity }) => [batchId, identity.jti]));
}
