import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { startEngine } from '../../local/clickhouse/start-engine.ts';
import { generateWebEvents } from '../bench/generate-web-events.ts';
import { seededValues } from '../bench/seeded-values.ts';
import { namedValues } from '../cdk/support/computed-tables.ts';

const ROWS = 20_000;

test('a row and a batch take on disk what docs/cost.md reckons with', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-size-'));
  const account = { user: 'admin', password: 'only-for-this-test' };
  const engine = await startEngine({ dataDir, accounts: [{ ...account, admin: true }], accessSql: [] });
  const client = createAdminClient({ url: engine.url, ...account });
  try {
    await migrate({
      client,
      database: 'edgehouse',
      streams: [{ name: 'web_events', table: 'web_events', peakInsertsPerSecond: 20 }],
      migrations: await readMigrations(),
    });
    const { hex } = seededValues(1);
    const values = generateWebEvents(ROWS, 1).map((row, at) => ({
      ...row,
      // Each a batch of its own: with larger ones the ids and digests of neighbours are sometimes the same.
      _batch_id: `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
      _batch_digest: Buffer.from(hex(64), 'hex').toString('base64'),
      _batch_rows: 1,
      _row: 0,
      _principal: 'web-edge',
      _auth: 'token',
      _trust: 'edge',
      _source: 'ew/12345/1.0.0',
      _region: 'us-east-1',
      _received_at: new Date(Date.UTC(2026, 0, 1) + at * 37).toISOString(),
    }));
    await client.insert({
      table: 'edgehouse.web_events',
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    });
    for (const table of ['web_events', '_batches']) {
      await client.command({ query: `OPTIMIZE TABLE edgehouse.${table} FINAL` });
    }
    const parts = await client.query({
      query: `SELECT table, toUInt32(sum(bytes_on_disk) / sum(rows)) AS bytes FROM system.parts
              WHERE active AND database = 'edgehouse' AND rows = ${ROWS} GROUP BY table`,
      format: 'JSONEachRow',
    });
    const bytes = new Map(
      (await parts.json<{ table: string; bytes: number }>()).map((part) => [part.table, part.bytes]),
    );

    const said = namedValues(readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8'));
    for (const [table, name] of [
      ['web_events', 'stored-row-bytes'],
      ['_batches', 'ledger-bytes'],
    ] as const) {
      const ratio = (bytes.get(table) ?? 0) / (said[name] ?? 0);
      expect({ name, bytes: bytes.get(table), close: ratio > 0.85 && ratio < 1.15 }).toMatchObject({ close: true });
    }
  } finally {
    await client.close();
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}, 60_000);
