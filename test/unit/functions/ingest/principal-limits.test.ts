import { describe, expect, jest, test } from '@jest/globals';
import { parseConfig } from '../../../../config/parse-config.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { BAD, GOOD, NOW, openIngest, type Sending } from './ingest-rig.ts';

const WEB = { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] };

/** A container of ingest whose principal has these bounds, and its clock. */
function container(web: object, faults: Parameters<typeof openIngest>[0] = {}) {
  let now = NOW * 1_000;
  const config = parseConfig({ streams: { hits: {} }, principals: { web: { ...WEB, ...web } } });
  const ingest = openIngest(faults, memoryBatchSpool(), { config, clock: () => now });
  return { ...ingest, pass: (ms: number) => (now += ms) };
}

const issued = (iat: number): Sending => ({
  change: (event) => {
    const { lambda } = event.requestContext.authorizer;
    return { ...event, requestContext: { ...event.requestContext, authorizer: { lambda: { ...lambda, iat } } } };
  },
});

describe('the limits of a principal', () => {
  test('hold for bytes as sent and for rows, each at its place in the order of refusals', async () => {
    const tight = container({ limits: { bytes: GOOD.length, rows: 1 } });
    const few = container({ limits: { rows: 1 } });

    const codes = [
      await tight.send(),
      // Too large, from a source that is not its own: size comes first.
      await tight.send({ rows: [GOOD, GOOD], source: 'ew/2/1' }),
      await few.send({ rows: [GOOD, GOOD] }),
      // Too many, and other than declared: too many comes first.
      await few.send({ rows: [GOOD, GOOD], declared: 7 }),
      await few.send({ rows: [GOOD, GOOD], source: 'ew/2/1' }),
    ].map(({ answer, body }) => [answer.statusCode, body.code]);

    expect(codes).toEqual([
      [200, undefined],
      [413, 'BODY_TOO_LARGE'],
      [413, 'ROWS_TOO_MANY'],
      [413, 'ROWS_TOO_MANY'],
      [403, 'POLICY_DENIED'],
    ]);
    expect([tight.inserts, few.inserts].map((inserts) => inserts.length)).toEqual([1, 0]);
  });

  test('of batches a second answer 429 with the time to wait; after it the same batch is stored', async () => {
    const web = container({ limits: { batchesPerSecond: 0.5 } });

    const first = await web.send();
    const second = await web.send();
    web.pass(2_000);
    const again = await web.send();

    expect([first, second, again].map(({ answer }) => answer.statusCode)).toEqual([200, 429, 200]);
    expect(second.body).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
    expect(second.answer.headers).toMatchObject({ 'retry-after': '2', 'edgehouse-request-id': 'r1' });
    expect(web.lines[1]).toMatchObject({
      code: 'RATE_LIMITED',
      decision: 'deny',
      outcome: 'refused',
      rule: 'web.limits.batchesPerSecond',
    });
    expect(web.inserts).toHaveLength(2);
  });

  test('a batch that its sender could not have sent uses nothing up', async () => {
    const web = container({ limits: { batchesPerSecond: 1 } });

    const forged = await web.send({
      change: (event) => ({ ...event, headers: { ...event.headers, authorization: 'Bearer a.b.c' } }),
    });
    const foreign = await web.send({ source: 'ew/2/1' });
    const own = await web.send();

    expect([forged, foreign, own].map(({ answer }) => answer.statusCode)).toEqual([401, 403, 200]);
  });

  test('a batch without a good row uses its place up like any other', async () => {
    const web = container({ limits: { batchesPerSecond: 1 } });

    const answers = [await web.send({ rows: [BAD] }), await web.send()];

    expect(answers.map(({ answer }) => answer.statusCode)).toEqual([422, 429]);
  });

  test('of patience hold for each wait for ClickHouse, and can be no longer than ingest lives', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    const web = container({ limits: { patienceMs: 7_777 } });

    await web.send();

    const waits = timeout.mock.calls.map(([ms]) => ms);
    timeout.mockRestore();
    // For the table's columns and for the insert.
    expect(waits.filter((ms) => ms === 7_777)).toHaveLength(2);
    expect(() => container({ limits: { patienceMs: 10_001 } })).toThrow('patienceMs');
  });

  test('there is no limit of batches where the policy sets none', async () => {
    const web = container({});

    const answers = await Promise.all(Array.from({ length: 50 }, () => web.send()));

    expect(new Set(answers.map(({ answer }) => answer.statusCode))).toEqual(new Set([200]));
  });
});

describe('revoked tokens', () => {
  const revokedBefore = new Date(NOW * 1_000).toISOString();

  test('are refused from the second before, and taken from that time on', async () => {
    const web = container({ revokedBefore });

    const old = await web.send(issued(NOW - 1));
    const fresh = await web.send(issued(NOW));
    const unknown = await web.send();

    expect([old, fresh, unknown].map(({ answer, body }) => [answer.statusCode, body.code])).toEqual([
      [401, 'TOKEN_EXPIRED'],
      [200, undefined],
      [401, 'TOKEN_EXPIRED'],
    ]);
    expect(old.body.detail).toContain(revokedBefore);
    expect(web.lines[0]).toMatchObject({ decision: 'deny', code: 'TOKEN_EXPIRED', rule: 'web.revokedBefore' });
    expect(web.inserts).toHaveLength(1);
  });

  test('a time to come refuses every token there is', async () => {
    const web = container({ revokedBefore: '2999-01-01T00:00:00Z' });

    const { body } = await web.send(issued(NOW));

    expect(body.code).toBe('TOKEN_EXPIRED');
  });

  test('what is spooled remembers when its token was issued', async () => {
    const web = container(
      {},
      {
        insert: () => {
          throw new Error('away');
        },
      },
    );

    const { answer } = await web.send(issued(NOW - 60));

    const [object = Buffer.alloc(0)] = web.objects.values();
    expect(answer.statusCode).toBe(202);
    expect(object.toString('latin1')).toContain(`"tokenIssuedAt":${NOW - 60}`);
  });
});
