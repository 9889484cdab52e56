import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { config } from '#config';
import { rotateIssuerKey } from '../../cli/rotate-issuer-key.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { postClientBatch } from './support/edge-client-batch.ts';

const DAY = 86_400_000;
const LOOK_AGAIN_MS = 10;
const COLLECTOR = '12346';

const KEY_SET = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const BATCH_LINE = z.object({
  audit: z.literal('batch'),
  batchId: z.string(),
  identity: z.object({ kid: z.string() }),
});

let folder: string;
let dataDir: string;
let stack: Stack;
let runSchedule: () => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-key-roll-'));
  dataDir = join(folder, 'data');
  const repeat = (_milliseconds: number, run: () => void) => {
    runSchedule = run;
    return () => {};
  };
  stack = await startStack({ config, dataDir, say: () => {}, repeat });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the issuer’s key is rolled under a running stack, and every batch between is stored', async () => {
  const [a = ''] = await publishedKids();
  expect(await rotate(0)).toMatch(/^Done\. publish/);
  const [first, b = ''] = await publishedKids();
  expect(first).toBe(a);
  // The authorizer learns of both keys here: it looks again every ten minutes only.
  const sent = [await sendBatch()];
  expect(await rotate(0)).toMatch(/^Nothing is due/);

  expect(await rotate(1)).toMatch(/^Done\. sign/);
  expect(await publishedKids()).toEqual([b, a]);
  await refresh();
  sent.push(await sendBatch());

  expect(await rotate(2)).toMatch(/^Done\. retire/);
  expect(await publishedKids()).toEqual([b]);
  await refresh();
  sent.push(await sendBatch());

  expect(sent.map(({ status }) => status)).toEqual([202, 202, 202]);
  const kids = kidsOfBatches();
  expect(sent.map(({ id }) => kids.get(id))).toEqual([a, b, b]);
});

/** What the operator does, so many days after the start: only that clock is ahead. */
async function rotate(days: number): Promise<string> {
  const lines: string[] = [];
  const { issuer } = stack.ready;
  const place = { kind: 'folder', dataDir } as const;
  await rotateIssuerKey(
    { kind: 'rotate issuer-key', place, issuer, withdraw: undefined, apply: true },
    { out: (line) => void lines.push(line), now: () => Date.now() + days * DAY, fetch },
  );
  return lines.join('\n');
}

async function publishedKids(): Promise<readonly string[]> {
  const answer = await fetch(`${stack.ready.issuer}/.well-known/jwks.json`);
  return KEY_SET.parse(await answer.json()).keys.map(({ kid }) => kid);
}

async function sendBatch() {
  const id = randomUUID();
  const events = [{ event_time: '2026-11-23T10:00:00Z', path: '/a', event_name: id }];
  const { status } = await postClientBatch(stack.ready, { id, events });
  return { id, status };
}

/** Runs the schedule once, and resolves when the collector's item is another one. The test's own time limit ends it. */
async function refresh(): Promise<void> {
  const read = async () => (await fetch(new URL(COLLECTOR, stack.ready.edgekvItem))).text();
  const before = await read();
  runSchedule();
  while ((await read()) === before) await pause(LOOK_AGAIN_MS);
}

/** The key that signed the token with which each batch came, by its id, as the audit lines have it. */
function kidsOfBatches(): ReadonlyMap<string, string> {
  const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
  const batches = lines.flatMap((line) => {
    const parsed = BATCH_LINE.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  });
  return new Map(batches.map(({ batchId, identity }) => [batchId, identity.kid]));
}
