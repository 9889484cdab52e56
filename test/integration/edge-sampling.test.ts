import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { config } from '#config';
import { type ReadyLine, type Stack, startStack } from '../../local/start-stack.ts';
import { REPLAYED_RESPONSE } from '../../local/traffic/site.ts';
import { visit } from './support/edge-visitor.ts';
import { isKept } from './support/is-kept.ts';
import { queryStack } from './support/query-stack.ts';

const RATE = 0.5;
const VISITORS = Array.from({ length: 40 }, (_, index) => `198.51.${index}.7`);
const PAGES = ['/a', '/b', '/c'];
const LOOK_AGAIN_MS = 25;
/** The query that the page shows. */
const DOCUMENTED =
  /```sql\n(SELECT path, [^`]+)```/.exec(readFileSync(new URL('../../docs/edge.md', import.meta.url), 'utf8'))?.[1] ??
  '';

let folder: string;
let stack: Stack;

beforeAll(async () => {
  const { requestEvents } = config.edge;
  if (requestEvents === undefined) throw new Error('the shipped config sends request events');
  const sampling = { rate: RATE, always: { status: 500, paths: ['/checkout*'] }, column: 'sample_rate' };
  const clientIp = { hashWith: 'PMUSER_CLIENT_IP_KEY' };
  const edge = { ...config.edge, requestEvents: { ...requestEvents, sampling, clientIp } };
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-sampling-'));
  stack = await startStack({ config: { ...config, edge }, dataDir: folder, say: () => {} });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('what sampling leaves out is counted again as docs/edge.md says; errors and named paths are all there, and no page adds to them', async () => {
  const { ready } = stack;
  const forged = { event_time: new Date().toISOString(), path: '/a', event_type: 'request', sample_rate: 1e-300 };
  const { status } = await fetch(`${ready.edge}/collect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ready.edge },
    body: JSON.stringify([forged]),
  });
  for (const ip of VISITORS) {
    const headers = { 'x-forwarded-for': ip, 'user-agent': 'x' };
    const pages = [...PAGES, '/checkout/pay'].map((target) => visit(ready.edge, { target, headers }));
    const error = visit(ready.edge, { target: '/a', headers: { ...headers, [REPLAYED_RESPONSE]: '503 10' } });
    await Promise.all([...pages, error]);
  }

  const sampled = VISITORS.length * PAGES.length;
  const always = 2 * VISITORS.length;
  const kept = VISITORS.filter((ip) => isKept(ip, RATE)).length * PAGES.length;
  const count = await whenStored(ready, kept + always + 1);
  const paths = await queryStack(ready, DOCUMENTED);
  const sum = (values: readonly (string | undefined)[]) => values.reduce((all, value) => all + Number(value), 0);
  const estimate = sum(paths.map(([, requests]) => requests));
  expect(status).toBe(202);
  expect(paths.find(([path]) => path === '/checkout/pay')?.[1]).toBe(String(VISITORS.length));
  expect(sum(paths.map(([, , errors]) => errors))).toBe(VISITORS.length);
  expect(count).toBe(kept + always + 1);
  expect(estimate).toBe(kept / RATE + always);
  // Five standard deviations: a visitor is kept with all pages or none.
  const deviation = (PAGES.length / RATE) * Math.sqrt(VISITORS.length * RATE * (1 - RATE));
  expect(Math.abs(estimate - always - sampled)).toBeLessThan(5 * deviation);
  expect([kept > 0, kept < sampled]).toEqual([true, true]);
}, 60_000);

test('an address that is hashed tells visitors apart and is nowhere to be read', async () => {
  const [row] = await queryStack(
    stack.ready,
    `SELECT uniqExact(client_network), countIf(NOT match(client_network, '^[0-9a-f]{32}$')) FROM edgehouse.web_events
     WHERE _trust = 'edge'`,
  );

  expect(row).toEqual([String(VISITORS.length), '0']);
});

/** Resolves when so many events are stored: no visitor waits for one. The test's own time limit ends it. */
async function whenStored(ready: ReadyLine, events: number): Promise<number> {
  for (;;) {
    const [[count] = []] = await queryStack(ready, 'SELECT count() FROM edgehouse.web_events');
    if (Number(count) >= events) return Number(count);
    await pause(LOOK_AGAIN_MS);
  }
}
