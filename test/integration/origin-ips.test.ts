import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { type Draft, draft, type Item, send, sign } from './support/outside-client.ts';

// The whole way, with a list of networks: the local edge is taken for one of them, another address of this machine is not.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/origin', status: 200 };

let stack: Stack;
let item: Item;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-origins-'));
  const config = parseConfig({ ...userConfig, production: { originIps: ['192.0.2.0/24'] } });
  stack = await startStack({ dataDir, say: () => {}, clock: Date.now, config });
  item = (await (await fetch(stack.ready.edgekvItem)).json()) as Item;
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a good token is refused from elsewhere, also while the authorizer’s answer to it is kept', async () => {
  const batch = () => sign(draft(item, stack.ready.source, [ROW]));

  const near = await send(stack.ready.api, batch());
  const far = await sendFrom('127.0.0.2', batch());
  const again = await send(stack.ready.api, batch());

  expect([near.status, far, again.status]).toEqual([200, 403, 200]);
  const lines = readFileSync(stack.auditFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // Once for three requests: the answer of the first was kept.
  expect(lines.filter(({ audit }) => audit === 'identity')).toHaveLength(1);
  expect(lines.filter(({ audit }) => audit === 'batch').map(({ rule }) => rule)).toEqual([
    'web-edge.allow[0]',
    'production.originIps',
    'web-edge.allow[0]',
  ]);
});

/** @returns the status */
function sendFrom(localAddress: string, { path, headers, body }: Draft): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${stack.ready.api}${path}`, {
      method: 'POST',
      localAddress,
      agent: false,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.end(body);
  });
}
