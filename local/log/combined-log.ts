import { createHash } from 'node:crypto';

/** The columns of `web_events` that a line of an access log fills. */
export interface WebEvent {
  /** RFC 3339 with the offset of the log. */
  readonly event_time: string;
  readonly path: string;
  readonly query: string | null;
  readonly method: string;
  readonly status: number;
  readonly bytes: number | null;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  readonly referrer: string | null;
  readonly user_agent: string | null;
  /** Pseudonym of address and user agent: the same for the same two, here and in any other run. */
  readonly visitor: string;
}

export type ParsedLine =
  /** `address` is the visitor's, for whoever plays the visitor; it is no part of the event. */
  | { readonly kind: 'event'; readonly event: WebEvent; readonly address: string }
  /** `reason` names the part that does not fit; it holds nothing of the line. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Parses a line of the combined log format, `%h %l %u [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i"`
 * (https://httpd.apache.org/docs/2.4/logs.html#combined). Strict: a line that is not wholly of this form is refused.
 * In quoted fields `\"` and `\\` are undone; every other escape (`\xe4`) stays as it is written, since the bytes behind it
 * need not be text. Of the event, address and user's name go no further than into `visitor`.
 *
 * @param line without its line end
 */
export function parseCombinedLine(line: string): ParsedLine {
  const cursor = new LineCursor(line);
  try {
    const address = cursor.word('address');
    cursor.word('identity');
    cursor.word('user');
    const time = parseTime(cursor.bracketed('time'));
    const request = parseRequest(cursor.quoted('request line'));
    const status = parseStatus(cursor.word('status'));
    const bytes = parseBytes(cursor.word('bytes'));
    const referrer = absentIfDash(cursor.quoted('referrer'));
    const userAgent = absentIfDash(cursor.quoted('user agent'));
    cursor.end();
    return {
      kind: 'event',
      address,
      event: {
        event_time: time,
        ...request,
        status,
        bytes,
        referrer,
        user_agent: userAgent,
        visitor: visitorOf(address, userAgent),
      },
    };
  } catch (error) {
    if (error instanceof LineRefused) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

class LineRefused extends Error {}

/** Reads fields that one space parts, each in one pass from left to right: no input makes it go back. */
class LineCursor {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  word(name: string): string {
    this.#space(name);
    const space = this.#line.indexOf(' ', this.#at);
    const end = space === -1 ? this.#line.length : space;
    if (end === this.#at) throw new LineRefused(`the ${name} is missing`);
    const text = this.#line.slice(this.#at, end);
    this.#at = end;
    return text;
  }

  bracketed(name: string): string {
    this.#space(name);
    if (this.#line[this.#at] !== '[') throw new LineRefused(`the ${name} has no opening bracket`);
    const end = this.#line.indexOf(']', this.#at);
    if (end === -1) throw new LineRefused(`the ${name} has no closing bracket`);
    const text = this.#line.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  quoted(name: string): string {
    this.#space(name);
    if (this.#line[this.#at] !== '"') throw new LineRefused(`the ${name} has no opening quote`);
    let text = '';
    let from = this.#at + 1;
    for (let at = from; at < this.#line.length; at++) {
      const char = this.#line[at];
      if (char === '"') {
        this.#at = at + 1;
        return text + this.#line.slice(from, at);
      }
      if (char !== '\\') continue;
      const escaped = this.#line[at + 1];
      if (escaped === '"' || escaped === '\\') {
        text += this.#line.slice(from, at);
        from = at + 1;
      }
      at++;
    }
    throw new LineRefused(`the ${name} has no closing quote`);
  }

  end(): void {
    if (this.#at !== this.#line.length) throw new LineRefused('there is more after the user agent');
  }

  #space(name: string): void {
    if (this.#at === 0) return;
    if (this.#line[this.#at] !== ' ') throw new LineRefused(`the ${name} is missing or not parted by one space`);
    this.#at++;
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// Fixed widths only: nothing to backtrack over.
const TIME = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;

function parseTime(text: string): string {
  const [, day, monthName = '', year, hour, minute, second, sign, offsetHour, offsetMinute] = TIME.exec(text) ?? [];
  const month = MONTHS.indexOf(monthName) + 1;
  if (day === undefined || month === 0) throw new LineRefused('the time is not like 17/May/2015:10:05:03 +0000');
  const days = new Date(Date.UTC(Number(year), month, 0)).getUTCDate();
  const possible =
    Number(day) >= 1 &&
    Number(day) <= days &&
    [hour, offsetHour].every((part) => Number(part) <= 23) &&
    [minute, second, offsetMinute].every((part) => Number(part) <= 59);
  if (!possible) throw new LineRefused('the time does not exist');
  return `${year}-${String(month).padStart(2, '0')}-${day}T${hour}:${minute}:${second}${sign}${offsetHour}:${offsetMinute}`;
}

// Method: `token` of RFC 9110 §5.6.2.
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PROTOCOL = /^HTTP\/\d(\.\d)?$/;

function parseRequest(text: string): Pick<WebEvent, 'method' | 'path' | 'query' | 'protocol'> {
  const [method = '', target = '', protocol = '', ...rest] = text.split(' ');
  if (!METHOD.test(method) || target === '' || !PROTOCOL.test(protocol) || rest.length > 0) {
    throw new LineRefused('the request line is not a method, a target and an HTTP version');
  }
  const mark = target.indexOf('?');
  if (mark === -1) return { method, path: target, query: null, protocol };
  return { method, path: target.slice(0, mark), query: target.slice(mark + 1), protocol };
}

function parseStatus(text: string): number {
  if (!/^[1-5]\d\d$/.test(text)) throw new LineRefused('the status is not from 100 to 599');
  return Number(text);
}

function parseBytes(text: string): number | null {
  if (text === '-') return null;
  if (!/^\d{1,16}$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER) {
    throw new LineRefused('the bytes are neither a number nor -');
  }
  return Number(text);
}

function absentIfDash(text: string): string | null {
  return text === '-' ? null : text;
}

/** No key, so that two runs agree: a pseudonym, and still personal data to whoever can try all addresses. */
function visitorOf(address: string, userAgent: string | null): string {
  return createHash('sha256')
    .update(`${address}\n${userAgent ?? ''}`)
    .digest('hex')
    .slice(0, 32);
}
