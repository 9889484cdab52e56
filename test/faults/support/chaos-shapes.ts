import type { VisitorRequest, VisitorResponse } from '../../../edgeworker/src/platform.ts';
import { sampleRate } from '../../../edgeworker/src/sample-request.ts';
import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { csvRows } from '../../../functions/ingest/csv-rows.ts';
import { KEY_VARIABLE } from './chaos-bundles.ts';
import type { ChaosVisit } from './chaos-cases.ts';
import { expectedValue, hasAddress, hasKey, LEAST_KEY } from './chaos-values.ts';
import { SECRET } from './chaos-world.ts';

// What docs/edge.md says of the columns that the edge fills in, held against what was sent.

type Row = Readonly<Record<string, unknown>>;

/** What a batch is, as it was sent. */
interface Sent {
  readonly batchId: string;
  readonly body: string;
  /** The edge's clock. */
  readonly edgeMs: number;
}

/** Characters of a wrong value. */
const MOST_SHOWN = 80;
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
export function rowFaults(
  visit: ChaosVisit,
  { batchId, body, edgeMs }: Sent,
  settings: EdgeSettings,
): readonly string[] {
  const { post } = visit;
  const rows = post?.format === 'csv' ? csvObjects(body) : (JSON.parse(body) as readonly unknown[]);
  if (rows.length !== (post?.rows ?? 1)) return ['a body with another number of rows'];
  const faults = body.includes(SECRET) ? ['the key of the addresses'] : [];
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) continue;
    faults.push(...columnFaults(visit, row, edgeMs, settings));
    if (post === undefined) faults.push(...eventFaults(row, settings));
    else if (row['request_id'] !== `${batchId}/${index}`) faults.push('a request_id that is not the edge’s');
  }
  return [...new Set(faults)];
}

function columnFaults({ visitor, post }: ChaosVisit, row: Row, edgeMs: number, settings: EdgeSettings) {
  return Object.entries(settings.columns).flatMap(([column, source]) => {
    const wanted = expectedValue(source, visitor, settings.clientIp, edgeMs);
    const value = row[column];
    // CSV has only texts, and no field for what is not known.
    const written = post?.format === 'csv' && wanted !== undefined ? String(wanted) : wanted;
    const isRight = wanted instanceof RegExp ? wanted.test(String(value)) : value === written;
    return isRight ? [] : [`${column} is ${shown(value)}, expected ${shown(written)}`];
  });
}

function shown(value: unknown): string {
  const text = String(value);
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}… (${text.length} characters)`;
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
