import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANY, ROWS_INSERT, reset } from '../faults/support/fault-proxy.ts';
import { ANALYST, type OperatorStack, sender, startOperatorStack } from './support/operator-stack.ts';

const SMOKE_ROWS = "web_events WHERE path = '/edgehouse-smoke'";

let operator: OperatorStack;

beforeAll(async () => {
  operator = await startOperatorStack();
}, 60_000);
afterAll(() => operator?.close());

/** As the options are called here: `--url` in the place of `--api`. */
const credentials = () => sender(operator.stack).map((word) => (word === '--api' ? '--url' : word));
const ledger = () => ['--stream', 'web_events', '--clickhouse', operator.engine.url];
const smoke = (...args: readonly string[]) => operator.run(['smoke', ...args]);
const count = (from: string) => operator.admin(`SELECT count() FROM edgehouse.${from}`).then(Number);

describe('edgehouse smoke against a stack that works', () => {
  test('sees each answer of the contract, and that a repeated batch is stored once', async () => {
    const { status, out, err } = await smoke(...credentials(), ...ledger());

    expect(err).toEqual([]);
    expect(out.map((line) => line.split(/ {2,}/).join(' | '))).toEqual([
      'check | expected | seen',
      'no credentials | gateway 401 or gateway 403 | gateway 401 | ok',
      'a token of nobody | gateway 403 | gateway 403 | ok',
      'no such route | gateway 404 | gateway 404 | ok',
      'another method | gateway 404 | gateway 404 | ok',
      'a page of another site | gateway 404 or gateway 403 | gateway 404 | ok',
      'a changed token | gateway 403 | gateway 403 | ok',
      'a good batch | ingest 200 stored 1 of 1 | ingest 200 stored 1 of 1 | ok',
      'the same batch again | ingest 200 stored 1 of 1 | ingest 200 stored 1 of 1 | ok',
      'a batch as gzip | ingest 200 stored 1 of 1 | ingest 200 stored 1 of 1 | ok',
      'gzip as JSON | ingest 200 stored 1 of 1 or ingest 415 ENCODING_UNSUPPORTED | ingest 415 ENCODING_UNSUPPORTED | ok',
      'a header is missing | ingest 400 HEADER_MISSING | ingest 400 HEADER_MISSING | ok',
      'a batch id is no UUID | ingest 400 HEADER_MALFORMED | ingest 400 HEADER_MALFORMED | ok',
      'another media type | ingest 415 MEDIA_TYPE_UNSUPPORTED | ingest 415 MEDIA_TYPE_UNSUPPORTED | ok',
      'another encoding | ingest 415 ENCODING_UNSUPPORTED | ingest 415 ENCODING_UNSUPPORTED | ok',
      'too many bytes | ingest 413 BODY_TOO_LARGE | ingest 413 BODY_TOO_LARGE | ok',
      'a changed body | ingest 400 DIGEST_MISMATCH | ingest 400 DIGEST_MISMATCH | ok',
      'another key | ingest 401 BATCH_SIGNATURE_INVALID | ingest 401 BATCH_SIGNATURE_INVALID | ok',
      'an old signature | ingest 401 BATCH_SIGNATURE_STALE | ingest 401 BATCH_SIGNATURE_STALE | ok',
      'a source of nobody | ingest 403 POLICY_DENIED | ingest 403 POLICY_DENIED | ok',
      'an unknown stream | ingest 404 STREAM_UNKNOWN | ingest 404 STREAM_UNKNOWN | ok',
      'a bomb | ingest 413 INFLATE_LIMIT | ingest 413 INFLATE_LIMIT | ok',
      'no JSON | ingest 400 BODY_MALFORMED | ingest 400 BODY_MALFORMED | ok',
      'no rows | ingest 400 ROWS_EMPTY | ingest 400 ROWS_EMPTY | ok',
      'too many rows | ingest 413 ROWS_TOO_MANY | ingest 413 ROWS_TOO_MANY | ok',
      'a row more than declared | ingest 400 HEADER_MISMATCH | ingest 400 HEADER_MISMATCH | ok',
      'no row fits | ingest 422 quarantined 0 of 1, FIELD_RESERVED | ingest 422 quarantined 0 of 1, FIELD_RESERVED | ok',
      'rows in ClickHouse | 2 stored, 0 twice, 0 missing | 2 stored, 0 twice, 0 missing | ok',
      'all 27 as expected',
    ]);
    expect(status).toBe(0);
    expect([await count(SMOKE_ROWS), await count("quarantine WHERE raw LIKE '%_edgehouse_smoke%'")]).toEqual([2, 1]);
  });

  test('asks without credentials what can be asked, and says that nothing was sent', async () => {
    const before = await count('web_events');

    const { status, out } = await smoke('--url', operator.stack.ready.api);

    expect([status, out.length]).toEqual([0, 8]);
    expect(out.slice(-2)).toEqual([
      'all 5 as expected',
      'no batch was sent: that takes --credentials, --stream and --source',
    ]);
    expect(await count('web_events')).toBe(before);
  });

  test('takes the ledger from a reader’s account, and prints no token, key or signature in any form', async () => {
    const item: unknown = await (await fetch(credentials()[3] ?? '')).json();
    const secrets = Object.entries(item ?? {}).flatMap(([name, value]) => (/^(token|key)$/.test(name) ? [value] : []));

    const runs = [
      await operator.run(['smoke', ...credentials(), ...ledger(), '--json'], { as: ANALYST }),
      await smoke(...credentials(), '--stream', 'web_events'),
    ];

    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect(JSON.parse(runs[0]?.out.join('\n') ?? '')).toMatchObject({
      url: operator.stack.ready.api,
      missed: 0,
      checks: expect.arrayContaining([
        { check: 'no credentials', expected: ['gateway 401', 'gateway 403'], seen: 'gateway 401', ok: true },
      ]),
    });
    const said = runs.flatMap(({ out, err }) => [...out, ...err]).join('\n');
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(said).not.toContain(secret);
    expect(said).not.toMatch(/Bearer|edge=|keyid/i);
  });

  test('sends the row of a file, and refuses a file that holds none', async () => {
    const file = (name: string, text: string) => {
      writeFileSync(join(operator.dataDir, name), text);
      return join(operator.dataDir, name);
    };
    const good = file('row.json', '{"event_time": "2026-11-23T10:00:00Z", "path": "/of-a-file"}\n');
    const bad = file('rows.json', '[]');

    const runs = [await smoke(good, ...credentials(), ...ledger()), await smoke(bad, ...credentials(), ...ledger())];

    expect(runs.map(({ status }) => status)).toEqual([0, 2]);
    expect(runs[1]?.err[0]).toContain('expected one JSON object');
    expect(await count("web_events WHERE path = '/of-a-file'")).toBe(2);
  });
});

describe('edgehouse smoke sees', () => {
  const missed = (out: readonly string[]) =>
    out.filter((line) => line.endsWith('MISS')).map((line) => line.split(/ {2,}/));

  test('rows that do not fit the table', async () => {
    const file = join(operator.dataDir, 'unfit.json');
    writeFileSync(file, '{"no_such_column": 1}');

    const { status, out } = await smoke(file, ...credentials(), ...ledger());

    expect(status).toBe(1);
    expect(missed(out).map(([check, , seen]) => [check, seen])).toEqual(
      expect.arrayContaining([
        ['a good batch', 'ingest 422 quarantined 0 of 1, FIELD_MISSING, FIELD_UNKNOWN'],
        ['rows in ClickHouse', '0 stored, 0 twice, 0 missing'],
      ]),
    );
  });

  test('that the repetition of a batch is stored too', async () => {
    operator.proxy.set(ROWS_INSERT, (forward) =>
      forward({ parameters: { insert_deduplication_token: crypto.randomUUID() } }),
    );

    const { status, out } = await smoke(...credentials(), ...ledger()).finally(() => operator.proxy.clear());

    expect(status).toBe(1);
    expect(missed(out)).toEqual([
      ['rows in ClickHouse', '2 stored, 0 twice, 0 missing', '2 stored, 1 twice, 0 missing', 'MISS'],
    ]);
  });

  test('that ClickHouse is away, and says what to do', async () => {
    operator.proxy.set(ANY, reset);

    const { status, out } = await smoke(...credentials(), '--stream', 'web_events').finally(() =>
      operator.proxy.clear(),
    );

    expect(status).toBe(1);
    expect(missed(out)).toHaveLength(4);
    for (const [, , seen] of missed(out)) expect(seen).toMatch(/^ingest 202 spooled/);
    expect(out.at(-1)).toMatch(/^ingest 202: ClickHouse did not take the batch in time/);
  });
});
