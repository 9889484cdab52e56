import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ClickHouseError } from '@clickhouse/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { credentials, type Front, startFront } from './support/clickhouse-front.ts';
import { scratchDirs } from './support/scratch-dirs.ts';
import { until } from './support/until.ts';

let front: Front;

beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front?.stop());
beforeEach(() => front.empty());

describe('data of an insert', () => {
  test('an empty line in CSV does not end the data, and nothing behind it runs', async () => {
    const sent = await front.post('1\n\nDROP TABLE victim;', {
      query: 'INSERT INTO events (id) FORMAT CSV',
      database: 'shop',
      input_format_csv_skip_trailing_empty_lines: '1',
    });

    expect(sent.code).toBe('117');
    expect(sent.text).not.toContain('/body-');
    expect(await front.column('SELECT count() FROM shop.victim')).toEqual([0]);
  });

  test('the bytes 0A 0A in RowBinary are a value', async () => {
    const body = Buffer.alloc(24);
    for (const [at, value] of [0x0a0an, 0x0a0a0a0an, 5n].entries()) body.writeBigUInt64LE(value, at * 8);

    const sent = await front.post(body, { query: 'INSERT INTO shop.events (id) FORMAT RowBinary' });

    expect(sent.status).toBe(200);
    expect(await front.column('SELECT id FROM shop.events ORDER BY id')).toEqual([5, 0x0a0a, 0x0a0a0a0a]);
  });

  test.each([
    [
      'a value of JSONEachRow',
      '{"id":1,"note":"a\\n\\nDROP TABLE shop.victim;"}',
      'JSONEachRow',
      'a\n\nDROP TABLE shop.victim;',
    ],
    ['a quoted field of CSV', '1,"a\n\nDROP TABLE shop.victim; b"\n', 'CSV', 'a\n\nDROP TABLE shop.victim; b'],
    ['a string of VALUES', "(1, 'a\n\nDROP TABLE shop.victim; b')", 'Values', 'a\n\nDROP TABLE shop.victim; b'],
  ])('an empty line and SQL in %s are stored', async (_where, body, format, stored) => {
    const inBody = await front.post(`INSERT INTO shop.events (id, note) FORMAT ${format}\n${body}`);

    expect(inBody).toMatchObject({ status: 200, text: '' });
    expect(await front.column('SELECT note FROM shop.events')).toEqual([stored]);
  });

  test('rows arrive in whatever way a client sends them', async () => {
    await front.writer.insert({ table: 'shop.events', values: [{ id: 1 }], format: 'JSONEachRow' });
    await front.writer.insert({
      table: 'shop.events',
      values: Readable.from([[2], [3]]),
      columns: ['id'],
      format: 'JSONCompactEachRow',
    });
    await front.writer.exec({ query: 'INSERT INTO shop.events (id) FORMAT CSV', values: Readable.from(['4\n5\n']) });
    await front.writer.command({ query: 'INSERT INTO shop.events (id) VALUES (6), (7);' });
    const zipped = front.client('writer', { compression: { request: true } });
    await zipped.insert({ table: 'shop.events', values: [{ id: 8 }], format: 'JSONEachRow' });
    await zipped.close();
    const split = await front.post('10\n', { query: 'INSERT INTO shop.events (id) FORMAT CSV 9' });
    const nothing = await front.post('', { query: 'INSERT INTO shop.events (id) FORMAT JSONEachRow' });

    expect([split.status, nothing.status]).toEqual([200, 200]);
    expect(await front.column('SELECT id FROM shop.events ORDER BY id')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('a large body passes, compressed or not, and says how many rows were written', async () => {
    const body = Array.from({ length: 200_000 }, (_, id) => `{"id":${id}}`).join('\n');
    const query = 'INSERT INTO shop.victim FORMAT JSONEachRow';

    const plain = await front.post(body, { query });
    const gzip = await front.post(gzipSync(body), { query }, { 'Content-Encoding': 'gzip' });
    const zstd = await front.post(zstdCompressSync(body), { query }, { 'Content-Encoding': 'zstd' });
    const unknown = await front.post(body, { query }, { 'Content-Encoding': 'secret' });

    expect(JSON.parse(plain.summary ?? '{}')).toMatchObject({ written_rows: '200000' });
    expect([gzip.status, zstd.status, unknown.code]).toEqual([200, 200, '89']);
    expect(await front.column('SELECT count() FROM shop.victim')).toEqual([600_000]);
  });

  test('a row that does not fit refuses the insert, with the code and without the name of a file', async () => {
    const inserting = front.writer.insert({ table: 'shop.events', values: [{ id: 'twelve' }], format: 'JSONEachRow' });

    const error = await inserting.catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ClickHouseError);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(27|72)$/),
      message: expect.not.stringMatching(/body-|\/dev\/shm/),
    });
    expect(await front.column('SELECT count() FROM shop.events')).toEqual([0]);
  });

  test('an upload that breaks off stores nothing and leaves no file', async () => {
    const sending = httpRequest(
      `${front.engine.url}/?query=${encodeURIComponent('INSERT INTO shop.events (id) FORMAT CSV')}`,
      {
        method: 'POST',
        headers: { ...credentials('writer'), 'Content-Length': '1000000' },
      },
    );
    sending.on('error', () => undefined);
    sending.write('1\n'.repeat(100_000));
    await until(async () => (await bodies()) === 1);

    sending.destroy();
    await until(async () => (await bodies()) === 0);

    expect(await front.column('SELECT count() FROM shop.events')).toEqual([0]);
  });
});

/** How many bodies lie in files. */
async function bodies(): Promise<number> {
  const names = await Promise.all((await scratchDirs(front.dataDir)).map((path) => readdir(path)));
  return names.flat().filter((name) => name.startsWith('body-')).length;
}
