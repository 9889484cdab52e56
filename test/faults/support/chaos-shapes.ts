import { isIP } from 'node:net';
import type { VisitorRequest, VisitorResponse } from '../../../edgeworker/src/platform.ts';
import { sampleRate } from '../../../edgeworker/src/sample-request.ts';
import type { ColumnSource, EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { csvRows } from '../../../functions/ingest/csv-rows.ts';
import { KEY_VARIABLE } from './chaos-bundles.ts';
import type { ChaosVisit } from './chaos-cases.ts';
import { SECRET } from './chaos-world.ts';

// What docs/edge.md says of the columns that the edge fills in, held against what was sent.

type Row = Readonly<Record<string, unknown>>;

/** Fewer characters are no key. */
const LEAST_KEY = 32;
const MOST_TEXT = 512;
/** Texts of the pages of the cases, none of which the edge would say itself. */
const PAGE_TEXTS: readonly unknown[] = ['', 'x', 'żółw \u{1f600}', '\u0000'];
const utf8 = new TextEncoder();

/** Whether sampling leaves the visitor out; whom it keeps is tested by itself. */
export function isLeftOut({ visitor }: ChaosVisit, { sampling, handler }: EdgeSettings): boolean {
  if (sampling === undefined) return false;
  const getHeader = (name: string) => visitor.headers[name.toLowerCase()] ?? visitor.missing;
  const request: VisitorRequest = { ...visitor.facts, getHeader };
  const status = typeof visitor.status === 'number' ? visitor.status : undefined;
  const response: VisitorResponse | undefined = handler === 'onClientRequest' ? undefined : { status, getHeader };
  return sampleRate(request, response, sampling, { encodeUtf8: (text) => utf8.encode(text) }) === 0;
}

/** The line that says that an address cannot be hashed. */
export function hiddenAddress({ visitor }: ChaosVisit, { clientIp }: EdgeSettings): readonly string[] {
  if (typeof clientIp === 'string' || !hasAddress(visitor) || hasKey(visitor)) return [];
  return [`edgehouse: client.ip is left out: ${KEY_VARIABLE} has no ${LEAST_KEY} characters`];
}

/** What is wrong with the rows of a batch, whose JSON or CSV is read as ingest reads it. */
export function rowFaults(visit: ChaosVisit, batchId: string, body: string, settings: EdgeSettings): readonly string[] {
  const { post } = visit;
  const rows = post?.format === 'csv' ? csvObjects(body) : (JSON.parse(body) as readonly unknown[]);
  if (rows.length !== (post?.rows ?? 1)) return ['a body with another number of rows'];
  const faults = body.includes(SECRET) ? ['the key of the addresses'] : [];
  const seen = new Map<string, unknown>();
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) continue;
    faults.push(...columnFaults(visit, row, settings));
    if (post === undefined) faults.push(...eventFaults(row, settings));
    else if (row['request_id'] !== `${batchId}/${index}`) faults.push('a request_id that is not the edge’s');
    for (const column of Object.keys(settings.columns)) {
      if (seen.has(column) && seen.get(column) !== row[column]) faults.push(`${column} differs between rows`);
      seen.set(column, row[column]);
    }
  }
  return faults;
}

function columnFaults({ visitor, post }: ChaosVisit, row: Row, { columns, clientIp }: EdgeSettings): readonly string[] {
  return Object.entries(columns).flatMap(([column, source]) => {
    const value = row[column];
    if ('client' in source) {
      const isThere = hasAddress(visitor) && (typeof clientIp === 'string' || hasKey(visitor));
      const isRight = isThere ? addressShape(clientIp).test(String(value)) : value === undefined;
      return isRight ? [] : [`${column} is ${String(value)}`];
    }
    if ('constant' in source) return value === source.constant ? [] : [`${column} is ${String(value)}`];
    if (value === undefined) return [];
    if (post !== undefined && (typeof value === 'object' || PAGE_TEXTS.includes(value)))
      return [`${column} of the page`];
    return isText(source) && !isShortText(value) ? [`${column} is no text of ${MOST_TEXT} characters`] : [];
  });
}

/** An event has the columns of the config and no others. */
function eventFaults(row: Row, { columns, sampling }: EdgeSettings): readonly string[] {
  const known = [...Object.keys(columns), ...(sampling === undefined ? [] : [sampling.column])];
  const strange = Object.keys(row).filter((name) => !known.includes(name));
  const rate = sampling === undefined ? undefined : row[sampling.column];
  return [
    ...strange.map((name) => `a column ${name}`),
    ...(sampling === undefined || rate === sampling.rate || rate === 1 ? [] : [`a rate of ${String(rate)}`]),
  ];
}

function addressShape(rule: EdgeSettings['clientIp']): RegExp {
  if (rule === 'truncated') return /^(\d+\.\d+\.\d+\.0\/24|[\da-f:]+\/48)$/;
  return rule === 'full' ? /^(\d+(\.\d+){3}|[\da-f]{1,4}(:[\da-f]{1,4}){7})$/ : /^[\da-f]{32}$/;
}

function isText(source: ColumnSource): boolean {
  return 'header' in source || 'cookie' in source || 'variable' in source;
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_TEXT && value.isWellFormed();
}

function hasAddress({ facts }: ChaosVisit['visitor']): boolean {
  const address = String(facts['clientIp'] ?? '');
  // Node takes a zone behind an address.
  return isIP(address) !== 0 && !address.includes('%');
}

function hasKey({ variables }: ChaosVisit['visitor']): boolean {
  return (variables[KEY_VARIABLE] ?? '').length >= LEAST_KEY;
}

/** The records of CSV by name; undefined for one that does not fit the header. */
function csvObjects(body: string): readonly unknown[] {
  const { names, values, fieldsOf } = csvRows(body);
  return values.map((place) => {
    const fields = fieldsOf(place);
    return fields.length === names.length ? Object.fromEntries(names.map((name, at) => [name, fields[at]])) : undefined;
  });
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
