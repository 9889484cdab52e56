import type {
  EdgeDevice,
  EdgeLocation,
  EdgePlatform,
  HasHeaders,
  VisitorRequest,
  VisitorResponse,
} from './platform.ts';
import { readCookie } from './read-cookie.ts';
import { readHeader } from './read-header.ts';
import { START_VARIABLE } from './request-timer.ts';
import type { ColumnSource } from './settings.ts';
import { randomHex } from './uuid.ts';

export type ColumnValue = string | number | boolean | undefined;

/** Characters of a header, cookie or variable: the collector adds it to each of 500 events, in 2 MB of memory. */
const MOST_CHARACTERS = 512;
/** … and of what only the event of a request has: with every character escaped, such a row is below ingest's 64 KB. */
const MOST_ADDRESS_CHARACTERS = 2_048;

/** RFC 3339; ingest judges the rest. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/**
 * The value of a column, or undefined where it is not known: Akamai may leave out each member. Two variables of the property come before
 * what the edge would say itself: `PMUSER_EVENT_TIME`, a time in RFC 3339, and `PMUSER_GRN`, Akamai's global request number.
 */
export function readSource(
  source: Exclude<ColumnSource, { readonly client: 'ip' }>,
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  platform: Pick<EdgePlatform, 'crypto' | 'now'>,
): ColumnValue {
  if ('geo' in source) return readLocation(request.userLocation, source.geo);
  if ('device' in source) return readDevice(request.device, source.device);
  if ('header' in source) return cut(readHeader(request, source.header), MOST_CHARACTERS);
  if ('cookie' in source) return cut(readCookie(request, source.cookie), MOST_CHARACTERS);
  if ('variable' in source) return readVariable(request, source.variable);
  if ('constant' in source) return source.constant;
  if ('request' in source) return readRequest(request, source.request, platform);
  if ('timing' in source) return readTiming(request, source.timing, platform);
  if (response === undefined) return undefined;
  return source.response === 'status' ? response.status || undefined : contentLength(response);
}

type Member<Name extends string> =
  Extract<ColumnSource, Readonly<Record<Name, unknown>>> extends infer Source ? Source[Name & keyof Source] : never;

function readRequest(
  request: VisitorRequest,
  member: Member<'request'>,
  platform: Pick<EdgePlatform, 'crypto'>,
): ColumnValue {
  switch (member) {
    case 'id':
      return readVariable(request, 'PMUSER_GRN') ?? randomHex(16, platform);
    case 'referrer':
      return cut(readHeader(request, 'Referer'), MOST_ADDRESS_CHARACTERS);
    case 'userAgent':
      return cut(readHeader(request, 'User-Agent'), MOST_CHARACTERS);
    case 'path':
    case 'query':
      return cut(request[member], MOST_ADDRESS_CHARACTERS);
    case 'host':
    case 'method':
    case 'scheme':
      return cut(request[member], MOST_CHARACTERS);
    case 'cpCode':
      return request.cpCode ?? undefined;
  }
}

/** Of a reserved address, such as one in a private network, Akamai knows no place and says so in every member. */
function readLocation(location: EdgeLocation | null | undefined, member: Member<'geo'>): ColumnValue {
  const value = location?.[member];
  if (!value || value === 'reserved') return undefined;
  if (member !== 'latitude' && member !== 'longitude') return value;
  const degrees = Number(value);
  return Number.isFinite(degrees) ? degrees : undefined;
}

function readDevice(device: EdgeDevice | null | undefined, member: Member<'device'>): ColumnValue {
  if (member !== 'kind') return device?.[member] ?? undefined;
  // Akamai counts a tablet as mobile too (rule format v2026-01-09, deviceCharacteristic). Where it knows neither, it knows no device.
  if (device?.isTablet) return 'tablet';
  if (device?.isMobile) return 'phone';
  return device?.isMobile === false ? 'desktop' : undefined;
}

function readTiming(
  request: VisitorRequest,
  member: Member<'timing'>,
  { now }: Pick<EdgePlatform, 'now'>,
): ColumnValue {
  if (member === 'time') {
    const set = readVariable(request, 'PMUSER_EVENT_TIME');
    return set !== undefined && TIME.test(set) ? set : new Date(now()).toISOString();
  }
  const start = readVariable(request, START_VARIABLE);
  const elapsed = start === undefined ? Number.NaN : now() - Number(start);
  // Two machines may have served the two handlers.
  return elapsed >= 0 ? elapsed : undefined;
}

function readVariable(request: VisitorRequest, name: string): string | undefined {
  return cut(request.getVariable?.(name), MOST_CHARACTERS);
}

/** Up to fifteen digits, all of which a number holds exactly. */
function contentLength(response: HasHeaders): number | undefined {
  const value = readHeader(response, 'Content-Length') ?? '';
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Also without halves of characters, be they the visitor's or made by the cut: no UTF-8 has them, so ingest would refuse the row. */
function cut(text: string | null | undefined, most: number): string | undefined {
  return text?.slice(0, most).replace(/\p{Surrogate}/gu, '') || undefined;
}
