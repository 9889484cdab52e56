import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { UsageError } from '../../../cli/usage.ts';
import { type Reply, receiptOf, type SendRig, type SendRun, startSendRig } from './send-rig.ts';

const INGEST = { 'apigw-requestid': 'r', 'edgehouse-request-id': 'r' };
const GATEWAY = { 'apigw-requestid': 'r' };
const CHECKS = 26;

let rig: SendRig;

beforeEach(async () => {
  rig = await startSendRig();
});
afterEach(() => rig.close());

function smoke(): Promise<SendRun> {
  const options = rig.options().map((word) => (word === '--api' ? '--url' : word));
  return rig.runSend(['smoke', ...options, '--json'], '');
}

/** The checks of a run, by what was seen. */
function checksOf({ out }: SendRun): readonly { check: string; seen: string; ok: boolean }[] {
  return JSON.parse(out.join('\n')).checks;
}
const fulfilled = (run: SendRun) => checksOf(run).flatMap(({ check, ok }) => (ok ? [check] : []));

describe('edgehouse smoke sees each check fail where the API', () => {
  test('is none of ours, whatever it answers', async () => {
    rig.reply = (request) => ({ status: 200, body: receiptOf(request) });

    const run = await smoke();

    expect(run.status).toBe(1);
    expect(checksOf(run)).toHaveLength(CHECKS);
    expect(fulfilled(run)).toEqual([]);
    expect(new Set(checksOf(run).map(({ seen }) => seen))).toEqual(new Set(['somebody else 200']));
  });

  test('takes everything', async () => {
    rig.reply = (request) => ({ status: 200, body: receiptOf(request), headers: INGEST });

    const run = await smoke();

    expect(run.status).toBe(1);
    expect(fulfilled(run)).toEqual(['a good batch', 'the same batch again', 'a batch as gzip', 'gzip as JSON']);
  });

  test('lets nobody in', async () => {
    rig.reply = () => ({ status: 403, body: { message: 'Forbidden' }, headers: GATEWAY });

    const run = await smoke();

    expect(fulfilled(run)).toEqual([
      'no credentials',
      'a token of nobody',
      'a page of another site',
      'a changed token',
    ]);
  });

  test('refuses everything for another reason', async () => {
    rig.reply = () => ({ status: 400, body: { code: 'HEADER_MISSING' }, headers: INGEST });

    const run = await smoke();

    expect(fulfilled(run)).toEqual(['a header is missing']);
  });

  test('cuts every connection', async () => {
    rig.reply = () => 'reset';

    const run = await smoke();

    expect(fulfilled(run)).toEqual([]);
    for (const { seen } of checksOf(run)) expect(seen).toMatch(/^no answer: .+/);
  });

  test('opens itself to pages of other sites', async () => {
    rig.reply = () => ({ status: 404, body: {}, headers: { ...GATEWAY, 'access-control-allow-origin': '*' } });

    const run = await smoke();

    expect(checksOf(run)).toContainEqual({
      check: 'a page of another site',
      expected: ['gateway 404', 'gateway 403'],
      seen: 'gateway 404 with CORS',
      ok: false,
    });
  });
});

describe('edgehouse smoke', () => {
  test.each<[string, Reply]>([
    ['ingest 200 stored 0 of 1, FIELD_TYPE', receipt({ accepted: 0, quarantined: 1, errors: [fault('FIELD_TYPE')] })],
    ['ingest 202 spooled unjudged of 1', { ...receipt({ outcome: 'spooled', accepted: null }), status: 202 }],
    ['ingest 400 without a code', { status: 400, body: 'what?', headers: INGEST }],
    ['ingest 503 UNAVAILABLE', { status: 503, body: { code: 'UNAVAILABLE' }, headers: INGEST }],
    ['gateway 500', { status: 500, body: {}, headers: GATEWAY }],
    ['somebody else 302', { status: 302, body: {}, headers: { location: 'https://elsewhere.example/' } }],
  ])('says of a good batch that it saw %s', async (seen, reply) => {
    rig.reply = () => reply;

    const run = await smoke();

    expect(checksOf(run)).toContainEqual({ check: 'a good batch', expected: expect.anything(), seen, ok: false });
  });

  test.each([
    ['that is not there', 'none.json', undefined, /ENOENT.*Check its path/],
    ['of two rows, one a line', 'rows.ndjson', '{"a":1}\n{"a":2}\n', /expected one JSON object/],
  ])('says what it expects of a file %s, and sends nothing', async (_which, name, text, said) => {
    const file = join(rig.folder, name);
    if (text !== undefined) writeFileSync(file, text);
    const options = rig.options().map((word) => (word === '--api' ? '--url' : word));

    const { status, err } = await rig.runSend(['smoke', file, ...options], '');

    expect([status, rig.seen]).toEqual([2, []]);
    expect(err.join('\n')).toMatch(said);
  });

  test('says where to look when no batch is let in, as from an address that is not one of production.originIps', async () => {
    rig.reply = () => ({ status: 403, body: { code: 'POLICY_DENIED' }, headers: INGEST });
    const options = rig.options().map((word) => (word === '--api' ? '--url' : word));

    const { out } = await rig.runSend(['smoke', ...options], '');

    expect(out.at(-1)).toMatch(/^ingest 403: .*production\.originIps/);
  });

  test('waits where the principal may not send so fast, but not for ever', async () => {
    rig.reply = () => ({ status: 429, body: { code: 'RATE_LIMITED' }, headers: INGEST });
    const never = await smoke();
    let asked = 0;
    rig.reply = (request) => {
      const limited = request.headers['edge-batch-id'] !== undefined && ++asked % 2 === 1;
      return limited
        ? { status: 429, body: { code: 'RATE_LIMITED' }, headers: INGEST }
        : { status: 200, body: receiptOf(request), headers: INGEST };
    };

    const soon = await smoke();

    expect(never.waits).toHaveLength(CHECKS * 4);
    expect(fulfilled(soon)).toContain('a good batch');
    expect(new Set(soon.waits)).toEqual(new Set([1000]));
  });

  test('repeats a batch with the same id and bytes, and signs what it sends', async () => {
    await smoke();

    const batches = rig.seen.filter(({ headers }) => headers['edge-batch-id'] !== undefined);
    const [first, second] = batches.filter(({ headers }) => headers.authorization === 'Bearer a.b.c');

    expect(second?.headers['edge-batch-id']).toBe(first?.headers['edge-batch-id']);
    expect(second?.body).toEqual(first?.body);
  });
});

function receipt(changes: Readonly<Record<string, unknown>>): Exclude<Reply, 'reset'> {
  const body = { batchId: 'x', outcome: 'stored', received: 1, accepted: 1, quarantined: 0, errors: [], ...changes };
  return { status: 200, body, headers: INGEST };
}

function fault(code: string) {
  return { row: 0, column: 'c', code };
}

describe('the command line of smoke', () => {
  const parse = (line: string) => parseCommand(['smoke', ...line.split(' ')], {});
  const WHOLE = '--url https://api.example/ --stream web_events --credentials item.json --source ew/1/2';

  test('names the API alone, or whose batches to send as well', () => {
    expect(parse('--url https://api.example/')).toEqual({
      kind: 'smoke',
      url: 'https://api.example',
      sender: undefined,
      tls: undefined,
      account: undefined,
      json: false,
    });
    expect(parse(`row.json ${WHOLE} --clickhouse http://127.0.0.1:8123`)).toMatchObject({
      sender: { stream: 'web_events', source: 'ew/1/2', file: 'row.json', principal: undefined },
      account: { url: 'http://127.0.0.1:8123' },
    });
  });

  test.each([
    ['clear text to another machine', '--url http://api.example', 'https://'],
    ['clear text to a name that looks like this machine', '--url http://127.0.0.1.example', 'https://'],
    ['no URL', '--json', '--url is missing'],
    ['a URL with a password', '--url https://user:word@api.example', 'without user'],
    ['a stream without credentials', '--url https://api.example --stream web_events', 'only with --credentials'],
    ['a file without credentials', 'row.json --url https://api.example', 'only with --credentials'],
    ['two files', `a b ${WHOLE}`, 'one file'],
    ['a stream that can be none', WHOLE.replace('web_events', 'Web'), '--stream'],
    ['a principal without a certificate', `${WHOLE} --principal partner`, '--certificate'],
  ])('is refused with %s', (_what, line, says) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(says);
  });
});
