import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { receiptOf, rows, type SendRig, startSendRig, stored } from './send-rig.ts';

let rig: SendRig;

beforeEach(async () => {
  rig = await startSendRig();
});
afterEach(() => rig.close());

describe('send, where not all of the input is taken,', () => {
  test('gives a batch up after five attempts, names its lines, and goes on with the next', async () => {
    rig.reply = (request) => (request.body.includes('"n":0') ? { status: 500, body: {} } : stored(request));

    const run = await rig.send(rows(4), ['--batch', '2', '--concurrency', '1']);

    expect(run.status).toBe(1);
    expect(rig.seen).toHaveLength(6);
    expect(run.out[0]).toMatch(/ failed: 500 after 5 attempts; lines 1 to 2 not taken$/);
    expect(run.out.at(-1)).toContain('4 lines read, 0 refused by the parser, 2 rows received, 2 stored');
    expect(run.out.at(-1)).toContain('1 failed batches');
  });

  test('stops at once where no batch would be taken, and says why and what to do', async () => {
    const body = {
      code: 'POLICY_DENIED',
      detail: 'source is not of this principal',
      next: 'Have the policy allow it.',
    };
    rig.reply = () => ({ status: 403, body });

    const run = await rig.send(rows(50), ['--batch', '1', '--concurrency', '2']);

    expect(run.status).toBe(1);
    expect(rig.seen.length).toBeLessThanOrEqual(2);
    expect(run.err).toEqual([
      'edgehouse: POLICY_DENIED: 403: source is not of this principal. Have the policy allow it.',
    ]);
  });

  test('does not follow a redirect: the token stays with the API', async () => {
    rig.reply = () => ({ status: 307, body: {}, headers: { location: `${rig.api}/elsewhere` } });

    const run = await rig.send(rows(1));

    expect(rig.seen.map(({ url }) => url)).toEqual(['/v1/streams/web_events/batches']);
    expect(run).toMatchObject({ status: 1, err: [expect.stringContaining('neither the gateway nor ingest answered')] });
  });

  test('names lines, columns and codes of refused rows, never a value, and ends with status 1', async () => {
    const errors = [{ row: 1, column: 'status', code: 'FIELD_TYPE', message: 'expected …' }];
    rig.reply = (request) => ({ status: 200, body: { ...receiptOf(request), accepted: 1, quarantined: 1, errors } });

    const run = await rig.send('{"secret":1}\n\nnot json, secret\n{"secret":2}');

    expect(run.status).toBe(1);
    expect(run.err).toEqual(['line 3 refused: it is not JSON']);
    expect(run.out.slice(1)).toEqual([
      '  line 4 (row 1) status: FIELD_TYPE',
      '3 lines read, 1 refused by the parser, 2 rows received, 1 stored, 1 quarantined, 0 spooled, 0 failed batches, 0.0 s, 0 rows/s',
    ]);
    expect([...run.out, ...run.err].join()).not.toContain('secret');
  });

  test('says that nobody answers, and what of the input is not there', async () => {
    const closed = await rig.send(rows(1), ['--api', await closedPort()]);
    const missing = await rig.runSend(['send', join(rig.folder, 'none'), ...rig.options()], '');

    expect(closed.status).toBe(1);
    expect(closed.out[0]).toMatch(/failed: .*ECONNREFUSED.* after 5 attempts; lines 1 to 1 not taken/);
    expect(missing.status).toBe(1);
    expect(missing.err[0]).toMatch(/^edgehouse: ENOENT/);
  });

  test('says what is wrong with the credentials before it sends anything', async () => {
    const run = await rig.send(rows(1), [], join(rig.folder, 'no-item.json'));

    expect(run.status).toBe(1);
    expect(run.err[0]).toMatch(
      /^edgehouse: CREDENTIALS_INVALID: credentials: ENOENT.*Check the path given to --credentials\./,
    );
    expect(rig.seen).toEqual([]);
  });

  test('ends with status 2 and a hint on a wrong command line', async () => {
    const run = await rig.runSend(['send', '--strem', 'x'], '');

    expect(run).toMatchObject({
      status: 2,
      out: [],
      err: [
        'edgehouse: unknown option --strem; did you mean --stream?\nRun edgehouse help for the commands and options.',
      ],
    });
  });
});

async function closedPort(): Promise<string> {
  const brief = createServer();
  await new Promise<void>((resolve) => brief.listen(0, '127.0.0.1', resolve));
  const address = brief.address();
  await new Promise((resolve) => brief.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
