import type { ReadyLine } from '../../../local/start-stack.ts';
import { visit } from './edge-visitor.ts';
import { queryStack } from './query-stack.ts';

export interface ClientBatch {
  readonly events?: readonly unknown[];
  /** Instead of events. */
  readonly csv?: string;
  /** Sent as header `Edge-Batch-Id`. */
  readonly id?: string;
  /** Sent as `?batch=`. */
  readonly queryId?: string;
  /** Besides those of a browser in Paris, or instead of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CollectorReply {
  readonly status: number;
  readonly json: unknown;
}

/** A browser in Paris. The edge reads its place and address from the headers that stand in for Akamai's own knowledge. */
export const PARIS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  'x-forwarded-for': '203.0.113.77',
  'x-akamai-edgescape': 'country_code=FR,region_code=IDF,city=PARIS',
};

/** Posts a batch to the collector, as a page of the site does. */
export async function postClientBatch({ edge }: ReadyLine, batch: ClientBatch): Promise<CollectorReply> {
  const { events, csv, id, queryId, headers } = batch;
  const { status, body } = await visit(edge, {
    method: 'POST',
    target: queryId === undefined ? '/collect' : `/collect?batch=${queryId}`,
    headers: {
      ...PARIS,
      origin: edge,
      'content-type': csv === undefined ? 'application/json' : 'text/csv',
      ...(id === undefined ? {} : { 'edge-batch-id': id }),
      ...headers,
    },
    body: csv ?? JSON.stringify(events),
  });
  return { status, json: JSON.parse(body.toString()) };
}

/** What the ledger says of a batch id, a line for each digest that came under it. */
export async function ledgerOf(ready: ReadyLine, id: string): Promise<readonly object[]> {
  const columns = ['principal', 'declared', 'stored', 'quarantined', 'missing', 'duplicates'];
  const sql = `SELECT ${columns.join(', ')} FROM edgehouse.batches WHERE batch_id = '${id}'`;
  const rows = await queryStack(ready, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, numberOr(row[index] ?? '')])));
}

/** Rows of `web_events` that a condition holds for. */
export async function countEvents(ready: ReadyLine, condition: string): Promise<number> {
  const [[count] = []] = await queryStack(ready, `SELECT count() FROM edgehouse.web_events WHERE ${condition}`);
  return Number(count);
}

function numberOr(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
