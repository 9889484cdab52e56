// Forms of text that docs/formats.md and design §3.2 name, by other means than the product's.

/** Dotted decimal without leading zeros. */
export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

/** An IPv6 address in one form, also of an IPv4 one; undefined where it is none. The URL standard has a reader of its own. */
export function addressOf(text: string): string | undefined {
  if (isIpv4(text)) return addressOf(`::ffff:${text}`);
  if (!/^[0-9a-f:.]+$/i.test(text)) return undefined;
  return URL.parse(`http://[${text}]`)?.hostname;
}

/** What is wrong with a day. */
export function faultOfDay(text: string): 'FIELD_TYPE' | 'FIELD_RANGE' | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return 'FIELD_TYPE';
  const time = Date.parse(`${text}T00:00:00Z`);
  // Of 30 February, some make the second of March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? undefined : 'FIELD_RANGE';
}

export interface Seconds {
  readonly whole: number;
  /** Digits behind the point, as many as the column has. */
  readonly fraction: string;
}

const TIME = /^(\d{4}-\d\d-\d\d)([Tt ])(\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?$/;

/** RFC 3339 with `Z` or an offset, or `YYYY-MM-DD hh:mm:ss[.fraction]` in UTC; digits beyond `decimals` are cut. */
export function secondsOf(text: string, decimals: number): Seconds | 'FIELD_TYPE' | 'FIELD_RANGE' {
  const [, day = '', between, hour, minute, second, digits = '', zone] = TIME.exec(text) ?? [];
  if (between === undefined || (between === ' ') !== (zone === undefined)) return 'FIELD_TYPE';
  const [offsetHour = 0, offsetMinute = 0] = /^[Zz]$/.test(zone ?? 'Z')
    ? []
    : (zone ?? '').slice(1).split(':').map(Number);
  if (faultOfDay(day) !== undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return 'FIELD_RANGE';
  if (offsetHour > 23 || offsetMinute > 59) return 'FIELD_RANGE';
  const offset = (zone?.startsWith('-') ? -1 : 1) * (offsetHour * 3600 + offsetMinute * 60);
  const whole = Date.parse(`${day}T${hour}:${minute}:${second}Z`) / 1000 - offset;
  return { whole, fraction: digits.slice(0, decimals).padEnd(decimals, '0') };
}
