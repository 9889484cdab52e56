/** A setting of a profile and how far its user may change it. */
export interface LimitedSetting {
  readonly name: string;
  readonly value: number | string;
  readonly min?: number;
  readonly max?: number;
  /** Nobody changes it. @default as `min` and `max` allow, and under `readonly = 1` as `changeable` says */
  readonly constant?: true;
  /** The user may change it within `min` and `max` although `readonly` is 1. @default not at all */
  readonly changeable?: true;
}

/** What a quota counts. 0 would mean no limit. */
export type QuotaKey = 'queries' | 'query_selects' | 'execution_time';

/** Settings profile and quota of an account: what bounds it where a grant cannot. */
export interface AccessLimits {
  readonly settings: readonly LimitedSetting[];
  /** For an interval of one hour; `execution_time` in seconds. */
  readonly quota: Readonly<Partial<Record<QuotaKey, number>>>;
}

/**
 * The writer must set settings with each insert, so `readonly` is no way to stop it. Yet without any SELECT grant it could still
 * count `system.numbers` for ever (https://github.com/ClickHouse/ClickHouse/issues/38432): these bounds make that useless.
 * `max_rows_to_read` counts rows on their way through materialized views too (measured), hence room for a flush of many batches.
 * Replay waits 10 s for an insert: nothing of the writer's may take much longer. `MIN 1`, because 0 would lift the bound.
 */
export const WRITER_LIMITS: AccessLimits = {
  settings: [
    { name: 'max_rows_to_read', value: 10_000_000, constant: true },
    { name: 'read_overflow_mode', value: 'throw', constant: true },
    { name: 'max_result_rows', value: 1, constant: true },
    { name: 'result_overflow_mode', value: 'throw', constant: true },
    { name: 'max_execution_time', value: 15, min: 1, max: 15 },
    { name: 'timeout_overflow_mode', value: 'throw', constant: true },
    { name: 'max_memory_usage', value: 2_000_000_000, min: 1, max: 2_000_000_000 },
  ],
  quota: { query_selects: 10 },
};

// With readonly = 1 no setting can be changed but those marked `changeable`; with 2 a reader could raise its own limits, and url() could send rows out.
const READ_ONLY: LimitedSetting = { name: 'readonly', value: 1 };

/** The inspector asks for a table's columns and for one batch at a time. */
export const INSPECTOR_LIMITS: AccessLimits = {
  settings: [
    { name: 'max_execution_time', value: 10 },
    { name: 'max_result_rows', value: 100_000 },
    { name: 'result_overflow_mode', value: 'throw' },
    { name: 'max_memory_usage', value: 1_000_000_000 },
    { name: 'max_threads', value: 2 },
    READ_ONLY,
  ],
  quota: { queries: 100_000 },
};

/** A reader is a person, a dashboard or a copilot: bounded, so that one bad query stays its own problem. */
export const READER_LIMITS: AccessLimits = {
  settings: [
    // Grafana's driver sets it with each query, and fails where it may not (clickhouse-go, `queryOptions`). `MIN 1`, because 0 would lift it.
    { name: 'max_execution_time', value: 30, min: 1, max: 30, changeable: true },
    { name: 'max_result_rows', value: 1_000_000 },
    { name: 'result_overflow_mode', value: 'throw' },
    { name: 'max_memory_usage', value: 4_000_000_000 },
    { name: 'max_threads', value: 4 },
    READ_ONLY,
  ],
  quota: { queries: 10_000, execution_time: 7_200 },
};

/**
 * The operator erases, so it cannot be `readonly`, and a mutation that is waited for rewrites whole parts, hence the long time. A
 * person at a terminal needs few queries: a stolen password shall not empty a table row by row for a day.
 */
export const OPERATOR_LIMITS: AccessLimits = {
  settings: [
    { name: 'max_execution_time', value: 600, min: 1, max: 600 },
    { name: 'max_result_rows', value: 1_000_000, min: 1, max: 1_000_000 },
    { name: 'result_overflow_mode', value: 'throw', constant: true },
    { name: 'max_memory_usage', value: 4_000_000_000, min: 1, max: 4_000_000_000 },
    { name: 'max_threads', value: 4, min: 1, max: 4 },
  ],
  quota: { queries: 1_000, execution_time: 7_200 },
};
