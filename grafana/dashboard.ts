import { type Panel, SECTIONS, type Section, type Threshold } from './panels.ts';

/** Whatever ClickHouse data source is chosen above the dashboard: one file serves every Grafana. */
const DATA_SOURCE = { type: 'grafana-clickhouse-datasource', uid: '$datasource' } as const;

/**
 * The variables above the dashboard. Streams are found by asking ClickHouse which tables the account may read that carry the stamps, so
 * a stream of your own, or the view of a reader who sees some rows only, needs no edit.
 */
const VARIABLES = [
  { name: 'datasource', label: 'ClickHouse', type: 'datasource', query: DATA_SOURCE.type, refresh: 1 },
  {
    name: 'database',
    label: 'Database',
    type: 'textbox',
    query: 'edgehouse',
    current: { text: 'edgehouse', value: 'edgehouse' },
  },
  queryVariable(
    'table',
    'Stream',
    "SELECT table FROM system.columns WHERE database = '$database' AND name = '_batch_rows' AND table != 'quarantine' ORDER BY table",
  ),
  queryVariable(
    'event_time',
    'Time of the event',
    "SELECT name FROM system.columns WHERE database = '$database' AND table = '$table' AND startsWith(type, 'DateTime') AND NOT startsWith(name, '_') ORDER BY position",
  ),
] as const;

/** The dashboard as Grafana imports it (schema 39, Grafana 11.6, which the data source asks for, and newer). */
export function dashboard() {
  return {
    uid: 'edgehouse-data',
    title: 'edgehouse: the data',
    description: 'Batches, rows, freshness and refusals, from ClickHouse. docs/grafana.md tells how it is set up.',
    tags: ['edgehouse'],
    schemaVersion: 39,
    version: 1,
    id: null,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'utc',
    annotations: { list: [] },
    links: [],
    templating: { list: VARIABLES },
    panels: place(SECTIONS),
  };
}

function queryVariable(name: string, label: string, sql: string) {
  // Asked again when the dashboard is loaded, and when a variable that the query names changes.
  return {
    name,
    label,
    type: 'query',
    datasource: DATA_SOURCE,
    query: sql,
    definition: sql,
    refresh: 1,
    sort: 0,
  } as const;
}

const HEIGHTS: Readonly<Record<Panel['kind'], number>> = { stat: 4, series: 8, table: 8 };

/** Numbers the panels and lays them out from left to right, each section under a heading. */
function place(sections: readonly Section[]): readonly object[] {
  let [id, x, y] = [0, 0, 0];
  return sections.flatMap(({ title, panels }) => {
    const heading = { id: ++id, type: 'row', title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y }, panels: [] };
    y += 1;
    const placed = panels.map((panel) => {
      const gridPos = { h: HEIGHTS[panel.kind], w: panel.width, x, y };
      x += panel.width;
      if (x >= 24) [x, y] = [0, y + gridPos.h];
      return { id: ++id, gridPos, ...panelJson(panel) };
    });
    return [heading, ...placed];
  });
}

function panelJson(panel: Panel) {
  const { title, description, kind, unit, sql } = panel;
  const isSeries = kind === 'series';
  return {
    type: isSeries ? 'timeseries' : kind,
    title,
    description,
    datasource: DATA_SOURCE,
    fieldConfig: {
      defaults: { unit, ...(isSeries ? SERIES : { color: { mode: 'thresholds' } }), thresholds: thresholdsJson([]) },
      overrides: overridesJson(panel),
    },
    options: OPTIONS[kind],
    targets: [
      {
        refId: 'A',
        datasource: DATA_SOURCE,
        editorType: 'sql',
        // Both: the editor reads the one, the plugin's backend the other (`mapQueryTypeToGrafanaFormat`).
        queryType: isSeries ? 'timeseries' : 'table',
        format: isSeries ? 0 : 1,
        rawSql: sql,
      },
    ],
  };
}

const SERIES = {
  color: { mode: 'palette-classic' },
  custom: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, showPoints: 'auto', spanNulls: false },
} as const;

const OPTIONS: Readonly<Record<Panel['kind'], object>> = {
  stat: {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
  series: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  table: { showHeader: true },
};

function overridesJson({ kind, units = {}, thresholds = {} }: Panel) {
  const columns = [...new Set([...Object.keys(units), ...Object.keys(thresholds)])];
  return columns.map((column) => {
    const [unit, steps] = [units[column], thresholds[column]];
    return {
      matcher: { id: 'byName', options: column },
      properties: [
        ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
        ...(steps === undefined ? [] : [{ id: 'thresholds', value: thresholdsJson(steps) }]),
        ...(steps === undefined || kind !== 'table'
          ? []
          : [{ id: 'custom.cellOptions', value: { type: 'color-text' } }]),
      ],
    };
  });
}

function thresholdsJson(steps: readonly Threshold[]) {
  return {
    mode: 'absolute',
    steps: [{ color: 'green', value: null }, ...steps.map(({ at, color }) => ({ color, value: at }))],
  };
}
