import { parseDate, parseTimestamp } from '../timestamp.ts';
import { type ColumnType, type Encode, plainType } from './column-type-parts.ts';

const DAY_SECONDS = 86_400;
const SECONDS_1900 = Date.UTC(1900, 0, 1) / 1000;
const SECONDS_2300 = Date.UTC(2300, 0, 1) / 1000;
const MOST_UINT16 = 0xffff;
const MOST_UINT32 = 0xffff_ffff;
const MOST_INT64 = (1n << 63n) - 1n;

// Ranges: https://clickhouse.com/docs/sql-reference/data-types/date and its neighbours date32, datetime, datetime64.
export const DATE_TYPE = plainType(date(0, MOST_UINT16, 2), 'a date from 1970-01-01 to 2149-06-06', { zeroBytes: 2 });
export const DATE32_TYPE = plainType(
  date(SECONDS_1900 / DAY_SECONDS, SECONDS_2300 / DAY_SECONDS - 1, 4),
  'a date from 1900-01-01 to 2299-12-31',
  { zeroBytes: 4 },
);
export const DATE_TIME_TYPE = plainType(encodeDateTime(), 'an RFC 3339 time from 1970 to 2106-02-07T06:28:15Z', {
  zeroBytes: 4,
});

/** `DateTime64(precision)`, whatever its zone: a zone is how ClickHouse shows the time, not what it stores. */
export function dateTime64Type(precision: number): ColumnType | undefined {
  if (!(precision >= 0 && precision <= 9)) return undefined;
  return plainType(encodeDateTime64(precision), 'an RFC 3339 time from 1900 to 2299', { zeroBytes: 8 });
}

function date(firstDay: number, lastDay: number, size: 2 | 4): Encode {
  return (value, out) => {
    if (typeof value !== 'string') return 'FIELD_TYPE';
    const day = parseDate(value);
    if (day === 'form') return 'FIELD_TYPE';
    if (day === 'range' || day < firstDay || day > lastDay) return 'FIELD_RANGE';
    out.int(day, size);
    return undefined;
  };
}

function encodeDateTime(): Encode {
  return (value, out) => {
    if (typeof value !== 'string') return 'FIELD_TYPE';
    const time = parseTimestamp(value, 0);
    if (time === 'form') return 'FIELD_TYPE';
    if (time === 'range' || time.seconds < 0 || time.seconds > MOST_UINT32) return 'FIELD_RANGE';
    out.int(time.seconds, 4);
    return undefined;
  };
}

function encodeDateTime64(precision: number): Encode {
  const ticks = 10 ** precision;
  return (value, out) => {
    if (typeof value !== 'string') return 'FIELD_TYPE';
    const time = parseTimestamp(value, precision);
    if (time === 'form') return 'FIELD_TYPE';
    // [1900-01-01, 2299-12-31], nanoseconds to 2262.
    if (time === 'range' || time.seconds < SECONDS_1900 || time.seconds >= SECONDS_2300) return 'FIELD_RANGE';
    if (precision <= 3) {
      out.int64(time.seconds * ticks + time.fraction);
      return undefined;
    }
    const exact = BigInt(time.seconds) * BigInt(ticks) + BigInt(time.fraction);
    if (exact > MOST_INT64 || exact < -MOST_INT64) return 'FIELD_RANGE';
    out.bigInt(exact, 64);
    return undefined;
  };
}
