import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../../cli/run-cli.ts';
import type { IssuedCertificate } from '../unit/functions/authorizer/issue-certificate.ts';
import { type CertifiedStack, ROWS, startCertifiedStack } from './support/certified-stack.ts';
import { queryStack } from './support/query-stack.ts';

let rig: CertifiedStack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-send-'));
  rig = await startCertifiedStack();
});
afterAll(async () => {
  await rig?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of a file with that text. */
const path = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
/** The options of a caller with that certificate. */
const certified = ({ pem, privateKey }: IssuedCertificate) => [
  ...['--certificate', path('c.pem', pem), '--key', path('k.pem', privateKey)],
  ...['--authorities', path('a.pem', rig.authority.pem)],
];
const asPartner = () => [
  ...['--stream', 'web_events', '--source', 'partner/import', '--principal', 'partner'],
  ...['--credentials', path('key.json', rig.secretText('edgehouse/principal-keys/partner'))],
  ...certified(rig.partner),
];

async function run(args: readonly string[]) {
  const out: string[] = [];
  const status = await runCli(
    args,
    {},
    {
      stdin: (async function* () {})(),
      out: (line) => out.push(line),
      err: (line) => out.push(line),
      fetch,
      now: Date.now,
      random: Math.random,
      randomBytes,
      wait: async () => undefined,
      interrupted: () => new AbortController().signal,
    },
  );
  return { status, out };
}

describe('edgehouse', () => {
  test('sends as a principal that has a certificate and its key, and nothing else', async () => {
    const name = randomUUID();
    const rows = path('rows', JSON.stringify({ ...ROWS[0], event_name: name }));

    const { status, out } = await run(['send', rows, '--api', rig.stack.ready.api, ...asPartner()]);

    expect([status, out]).toEqual([0, [expect.stringContaining('stored: 1 received'), expect.any(String)]]);
    const query = `SELECT _principal FROM edgehouse.web_events WHERE event_name = '${name}'`;
    expect(await queryStack(rig.stack.ready, query)).toEqual([['partner']]);
  });

  test('smoke finds the domain as it should be, for a certificate alone and for one with a token', async () => {
    const item = rig.stack.ready.edgekvItem.replace(/[^/]+$/, '12345');
    const asEdge = ['--stream', 'web_events', '--source', rig.stack.ready.source, '--credentials', item];

    const runs = [
      await run(['smoke', '--url', rig.stack.ready.api, ...asPartner()]),
      await run(['smoke', '--url', rig.stack.ready.api, ...asEdge, ...certified(rig.property)]),
      await run(['smoke', '--url', rig.stack.ready.tokenApi ?? '']),
    ];

    expect(runs.map(({ out }) => out.filter((line) => line.endsWith('MISS')))).toEqual([[], [], []]);
    expect(runs.map(({ out }) => out.findLast((line) => line.startsWith('all')))).toEqual([
      'all 29 as expected',
      'all 30 as expected',
      'all 5 as expected',
    ]);
    expect(runs[0]?.out).toContainEqual(expect.stringMatching(/^no client certificate +no answer +no answer: /));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
  });
});
