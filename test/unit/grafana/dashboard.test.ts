import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { READER_LIMITS } from '../../../config/access-limits.ts';
import { dashboard } from '../../../grafana/dashboard.ts';
import { SECTIONS } from '../../../grafana/panels.ts';

const dataSource = z.strictObject({ type: z.literal('grafana-clickhouse-datasource'), uid: z.literal('$datasource') });
const steps = z.tuple(
  [z.strictObject({ color: z.string(), value: z.null() })],
  z.strictObject({ color: z.string(), value: z.number() }),
);
const thresholds = z.strictObject({ mode: z.literal('absolute'), steps });
const unit = z.enum(['none', 'short', 'percentunit', 's', 'ms', 'cps', 'rowsps']);
const at = z.strictObject({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });
const row = z.looseObject({ id: z.int(), type: z.literal('row'), title: z.string(), gridPos: at });
const panel = z.looseObject({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'table']),
  title: z.string(),
  description: z.string().min(40),
  gridPos: at,
  datasource: dataSource,
  fieldConfig: z.strictObject({
    defaults: z.looseObject({ unit, thresholds }),
    overrides: z.array(
      z.strictObject({
        matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
        properties: z
          .array(
            z.discriminatedUnion('id', [
              z.strictObject({ id: z.literal('unit'), value: unit }),
              z.strictObject({ id: z.literal('thresholds'), value: thresholds }),
              z.strictObject({ id: z.literal('custom.cellOptions'), value: z.strictObject({ type: z.string() }) }),
            ]),
          )
          .min(1),
      }),
    ),
  }),
  targets: z.tuple([
    z.strictObject({
      refId: z.literal('A'),
      datasource: dataSource,
      editorType: z.literal('sql'),
      queryType: z.enum(['timeseries', 'table']),
      format: z.union([z.literal(0), z.literal(1)]),
      rawSql: z.string(),
    }),
  ]),
});
const shape = z.looseObject({
  uid: z.string(),
  id: z.null(),
  title: z.string(),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string(), query: z.string() })) }),
  panels: z.array(z.union([row, panel])),
});

const shipped: unknown = JSON.parse(readFileSync(new URL('../../../grafana/edgehouse.json', import.meta.url), 'utf8'));
const { panels, templating } = shape.parse(shipped);
const asking = panels.flatMap((one) => ('targets' in one ? [panel.parse(one)] : []));

describe('the dashboard for Grafana', () => {
  test('is what `npm run grafana` writes', () => {
    expect(shipped).toEqual(dashboard());
  });

  test('numbers each panel once, and shows each on a place of its own within 24 columns', () => {
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );

    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(taken).size).toBe(taken.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test('names each panel once, and shows every query that there is', () => {
    const written = SECTIONS.flatMap((section) => section.panels);

    expect(asking.map(({ title, targets: [{ rawSql }] }) => [title, rawSql])).toEqual(
      written.map(({ title, sql }) => [title, sql]),
    );
    expect(new Set(asking.map(({ title }) => title)).size).toBe(asking.length);
  });

  test('asks for lines over time where it draws lines, and for a table elsewhere', () => {
    for (const { type, targets } of asking) {
      const [{ queryType, format, rawSql }] = targets;
      expect({ queryType, format }).toEqual(
        type === 'timeseries' ? { queryType: 'timeseries', format: 0 } : { queryType: 'table', format: 1 },
      );
      expect(/^SELECT\s+\$__timeInterval\(\w+\) AS time\b/.test(rawSql)).toBe(type === 'timeseries');
      expect(rawSql).toContain('$__timeFilter(');
    }
  });

  test('uses no variable that it does not have, and asks no server by name', () => {
    const names = new Set(templating.list.map(({ name }) => name));
    const used = [...JSON.stringify(shipped).matchAll(/\$(?!__)\{?(\w+)/g)].map(([, name]) => name ?? '');

    expect(used.filter((name) => !names.has(name))).toEqual([]);
    expect([...names]).toEqual(['datasource', 'database', 'table', 'event_time']);
  });

  test('asks as often as its page reckons with', () => {
    const page = readFileSync(new URL('../../../docs/grafana.md', import.meta.url), 'utf8');

    expect(page).toContain(`asks ${asking.length} queries`);
    expect(dashboard().refresh).toBe('1m');
    expect(READER_LIMITS.quota.queries).toBe(10_000);
    expect(Math.floor(10_000 / (asking.length * 60))).toBe(12);
  });

  test('sets units and thresholds of columns that the query has', () => {
    for (const { title, fieldConfig, targets } of asking) {
      for (const { matcher } of fieldConfig.overrides) {
        expect({ title, sql: targets[0].rawSql }).toMatchObject({
          sql: expect.stringContaining(`AS "${matcher.options}"`),
        });
      }
    }
  });
});
