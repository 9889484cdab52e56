import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { draft, type Item, send, sign } from './support/outside-client.ts';

// The whole way, authorizer, gateway and ingest: what the policy sets beside its rules.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/limited', status: 200 };
const HOUR_MS = 3_600_000;

let stack: Stack;
let item: Item;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-limits-'));
  const { 'web-edge': edge, ...others } = userConfig.principals ?? {};
  const limited = {
    ...edge,
    // Older than the token that the stack mints when it starts: taken only if the token's age comes all the way to ingest.
    revokedBefore: new Date(Date.now() - HOUR_MS).toISOString(),
    limits: { batchesPerSecond: 0.001 },
  };
  const config = parseConfig({ ...userConfig, principals: { ...others, 'web-edge': limited } });
  stack = await startStack({ dataDir, say: () => {}, clock: Date.now, config });
  item = (await (await fetch(stack.ready.edgekvItem)).json()) as Item;
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a token that is newer than the revocation is taken, and one batch in its time', async () => {
  const batch = (rows: number) => sign(draft(item, stack.ready.source, Array(rows).fill(ROW)));

  const first = await send(stack.ready.api, batch(2));
  const soon = await send(stack.ready.api, batch(1));

  expect([first.status, soon.status]).toEqual([200, 429]);
  expect(JSON.parse(soon.text)).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
  expect(Number(soon.headers['retry-after'])).toBeGreaterThan(900);
  const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
  const last: unknown = JSON.parse(lines.at(-1) ?? '');
  expect(last).toMatchObject({
    audit: 'batch',
    code: 'RATE_LIMITED',
    rule: 'web-edge.limits.batchesPerSecond',
    identity: { principal: 'web-edge', iat: expect.any(Number) },
  });
});
