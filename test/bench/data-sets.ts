import { generateOrders, ORDER_COLUMNS } from './generate-orders.ts';
import { generatePageLoads, PAGE_LOAD_COLUMNS } from './generate-page-loads.ts';
import { generateWebEvents } from './generate-web-events.ts';

/** `gzip` is NDJSON, the only text that reaches the service compressed and whole (docs/formats.md). */
export type BodyFormat = 'json' | 'ndjson' | 'csv' | 'gzip';

/** Rows of one shape, and the stream that takes them. Its table has the stream's name. */
export interface DataSet {
  readonly stream: string;
  /** Begins the names of its figures. */
  readonly title: string;
  /** SQL of its own columns; undefined where the table is shipped. */
  readonly columns: string | undefined;
  /** Whether its rows can be CSV as one writes it by hand. */
  readonly flat: boolean;
  generate(count: number, seed: number): readonly Readonly<Record<string, unknown>>[];
}

export const DATA_SETS: readonly DataSet[] = [
  { stream: 'web_events', title: '', columns: undefined, flat: true, generate: generateWebEvents },
  { stream: 'page_loads', title: '60 columns, ', columns: PAGE_LOAD_COLUMNS, flat: true, generate: generatePageLoads },
  { stream: 'orders', title: 'nested, ', columns: ORDER_COLUMNS, flat: false, generate: generateOrders },
];

/** The stream of the same columns whose table keeps nothing. */
export function nullStream(stream: string): string {
  return `${stream}_null`;
}
