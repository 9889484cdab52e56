import type { Stream } from '../config/schema.ts';

/** How many inserts, and for how long, a table remembers so that a repeated one is dropped. */
export interface DeduplicationWindow {
  readonly table: string;
  readonly inserts: number;
  readonly seconds: number;
}

/** What a table remembers now; undefined where it has the server's default. */
export interface CurrentWindow {
  /** `non_replicated_deduplication_window`, of a plain MergeTree; the server's default is 0, none at all. */
  readonly plain: number | undefined;
  /** `replicated_deduplication_window`, of the replicated engines that Cloud makes of it. */
  readonly replicated: number | undefined;
  readonly seconds: number | undefined;
}

// A batch is accepted from 300 s before to 60 s after its signature was made; a retry may arrive over twice that.
const COVERED_SECONDS = 2 * (300 + 60);
// The default of a replicated table since 25.9 (inserts) and 25.10 (seconds); never less.
const LEAST_INSERTS = 10_000;
const LEAST_SECONDS = 3600;

/**
 * The windows that the streams' declared peaks ask for. `quarantine` may get an insert with each batch of any stream, and
 * `_batches` one from each of their two materialized views.
 */
export function deduplicationWindows(
  streams: readonly Pick<Stream, 'table' | 'peakInsertsPerSecond'>[],
): readonly DeduplicationWindow[] {
  const peaks = new Map<string, number>();
  for (const { table, peakInsertsPerSecond } of streams) {
    peaks.set(table, (peaks.get(table) ?? 0) + peakInsertsPerSecond);
  }
  const windows = [...peaks].map(([table, peak]) => window(table, Math.ceil(peak * COVERED_SECONDS)));
  const all = windows.reduce((sum, { inserts }) => sum + inserts, 0);
  return [...windows, window('quarantine', all), window('_batches', 2 * all)];
}

function window(table: string, inserts: number): DeduplicationWindow {
  return { table, inserts: Math.max(inserts, LEAST_INSERTS), seconds: LEAST_SECONDS };
}

/** Reads the windows of a table from `system.tables.engine_full`, `… SETTINGS name = number, …`. */
export function readCurrentWindow(engineFull: string): CurrentWindow {
  return {
    plain: setting(engineFull, 'non_replicated_deduplication_window'),
    replicated: setting(engineFull, 'replicated_deduplication_window'),
    seconds: setting(engineFull, 'replicated_deduplication_window_seconds'),
  };
}

function setting(engineFull: string, name: string): number | undefined {
  const digits = new RegExp(`\\b${name} = (\\d+)`).exec(engineFull)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The settings that widen a table's windows to what is wanted, for `ALTER TABLE … MODIFY SETTING`; undefined when they are
 * wide enough. A window that an operator made wider stays.
 */
export function widenWindow(wanted: DeduplicationWindow, current: CurrentWindow): string | undefined {
  const { plain = 0, replicated = 0, seconds = 0 } = current;
  if (plain >= wanted.inserts && replicated >= wanted.inserts && seconds >= wanted.seconds) return undefined;
  return [
    `non_replicated_deduplication_window = ${Math.max(plain, wanted.inserts)}`,
    `replicated_deduplication_window = ${Math.max(replicated, wanted.inserts)}`,
    `replicated_deduplication_window_seconds = ${Math.max(seconds, wanted.seconds)}`,
  ].join(', ');
}
