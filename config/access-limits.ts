/** Settings profile and quota of an account: what bounds it where a grant cannot. */
export interface AccessLimits {
  /** As they stand after `SETTINGS`. */
  readonly settings: readonly string[];
  /** As they stand after `MAX`, for an interval of one hour. In a quota, 0 means no limit. */
  readonly quota: readonly string[];
}

/**
 * The writer must set settings with each insert, so `readonly` is no way to stop it. Yet without any SELECT grant it could still
 * count `system.numbers` for ever (https://github.com/ClickHouse/ClickHouse/issues/38432): these bounds make that useless.
 * `max_rows_to_read` counts rows on their way through materialized views too (measured), hence room for a flush of many batches.
 * `MIN 1`, because 0 would lift the bound.
 */
export const WRITER_LIMITS: AccessLimits = {
  settings: [
    'max_rows_to_read = 10000000 CONST',
    "read_overflow_mode = 'throw' CONST",
    'max_result_rows = 1 CONST',
    "result_overflow_mode = 'throw' CONST",
    'max_execution_time = 30 MIN 1 MAX 30',
    'max_memory_usage = 2000000000 MIN 1 MAX 2000000000',
  ],
  quota: ['query_selects = 10'],
};

// With readonly = 1 no setting can be changed at all; with 2 a reader could raise its own limits, and url() could send rows out.
const READ_ONLY = 'readonly = 1';

/** The inspector asks for a table's columns and for one batch at a time. */
export const INSPECTOR_LIMITS: AccessLimits = {
  settings: [
    'max_execution_time = 10',
    'max_result_rows = 100000',
    "result_overflow_mode = 'throw'",
    'max_memory_usage = 1000000000',
    'max_threads = 2',
    READ_ONLY,
  ],
  quota: ['queries = 100000'],
};

/** A reader is a person, a dashboard or a copilot: bounded, so that one bad query stays its own problem. */
export const READER_LIMITS: AccessLimits = {
  settings: [
    'max_execution_time = 30',
    'max_result_rows = 1000000',
    "result_overflow_mode = 'throw'",
    'max_memory_usage = 4000000000',
    'max_threads = 4',
    READ_ONLY,
  ],
  quota: ['queries = 10000', 'execution_time = 7200'],
};
