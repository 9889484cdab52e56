import { createHmac } from 'node:crypto';
import type { ColumnSource, EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { KEY_VARIABLE } from './chaos-bundles.ts';
import type { VisitorFacts } from './chaos-visitors.ts';

// What docs/edge.md says of the value of a column, worked out from what a case made up.

/** Undefined where the edge does not know; a pattern for what it draws by chance. */
export type ExpectedValue = string | number | boolean | RegExp | undefined;

const MOST_TEXT = 512;
const MOST_ADDRESS_TEXT = 2_048;

/** @param edgeMs the edge's clock */
export function expectedValue(
  source: ColumnSource,
  visitor: VisitorFacts,
  clientIp: EdgeSettings['clientIp'],
  edgeMs: number,
): ExpectedValue {
  const { facts, variables, status } = visitor;
  if ('constant' in source) return source.constant;
  if ('client' in source) return expectedAddress(visitor, clientIp);
  if ('header' in source) return cut(headerOf(visitor, source.header), MOST_TEXT);
  if ('cookie' in source) return cut(cookieOf(visitor, source.cookie), MOST_TEXT);
  if ('variable' in source) return cut(variables[source.variable], MOST_TEXT);
  if ('geo' in source) return placeOf(memberOf(facts['userLocation'], source.geo), source.geo);
  if ('device' in source) return kindOf(facts['device']);
  if ('request' in source) return requestValue(visitor, source.request);
  if ('timing' in source) {
    // The property's variables are as they are drawn: none holds when the request began.
    if (source.timing === 'duration') return undefined;
    const set = variables['PMUSER_EVENT_TIME'] ?? '';
    return /^\d{4}-\d\d-\d\dT/.test(set) ? set : new Date(edgeMs).toISOString();
  }
  if (source.response === 'status') return typeof status === 'number' && status ? status : undefined;
  const length = headerOf(visitor, 'content-length');
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function requestValue(visitor: VisitorFacts, member: string): ExpectedValue {
  switch (member) {
    case 'id':
      return cut(visitor.variables['PMUSER_GRN'], MOST_TEXT) ?? /^[\da-f]{32}$/;
    case 'userAgent':
      return cut(headerOf(visitor, 'user-agent'), MOST_TEXT);
    case 'referrer':
      return cut(headerOf(visitor, 'referer'), MOST_ADDRESS_TEXT);
    case 'path':
    case 'query':
      return cut(visitor.facts[member], MOST_ADDRESS_TEXT);
    default:
      return cut(visitor.facts[member], MOST_TEXT);
  }
}

/** The addresses of the cases: in the one form that is hashed, and cut off. */
const ADDRESS_FORMS: Readonly<Record<string, { readonly full: string; readonly truncated: string }>> = {
  '203.0.113.7': { full: '203.0.113.7', truncated: '203.0.113.0/24' },
  '2001:db8::1': { full: '2001:db8:0:0:0:0:0:1', truncated: '2001:db8::/48' },
  '::ffff:203.0.113.9': { full: '203.0.113.9', truncated: '203.0.113.0/24' },
  '::': { full: '0:0:0:0:0:0:0:0', truncated: '::/48' },
};
/** Fewer characters are no key. */
export const LEAST_KEY = 32;

/** What is said of the client's address; undefined for what is none, and where the key of its hash is too short. */
function expectedAddress(visitor: VisitorFacts, rule: EdgeSettings['clientIp']): string | undefined {
  const forms = ADDRESS_FORMS[String(visitor.facts['clientIp'])];
  if (forms === undefined || typeof rule === 'string') return forms?.[rule === 'full' ? 'full' : 'truncated'];
  if (!hasKey(visitor)) return undefined;
  return createHmac('sha256', keyOf(visitor))
    .update(`edgehouse client ip v1\n${forms.full}`)
    .digest('hex')
    .slice(0, 32);
}

/** Whether the edge takes it for an address. */
export function hasAddress({ facts }: VisitorFacts): boolean {
  return String(facts['clientIp']) in ADDRESS_FORMS;
}

export function hasKey(visitor: VisitorFacts): boolean {
  return keyOf(visitor).length >= LEAST_KEY;
}

function keyOf({ variables }: VisitorFacts): string {
  return variables[KEY_VARIABLE] ?? '';
}

function headerOf({ headers }: VisitorFacts, name: string): string {
  return (headers[name] ?? []).join(', ').trim();
}

/** The cases have it behind another one, or not at all. */
function cookieOf({ headers }: VisitorFacts, name: string): string | undefined {
  const [, value] = headers['cookie']?.[0]?.split(`; ${name}=`) ?? [];
  return value?.split(';')[0]?.trim();
}

function placeOf(value: unknown, member: string): ExpectedValue {
  if (typeof value !== 'string' || value === '' || value === 'reserved') return undefined;
  if (member !== 'latitude') return value;
  return /^[\d.]+$/.test(value) ? Number(value) : undefined;
}

function kindOf(device: unknown): ExpectedValue {
  if (memberOf(device, 'isTablet') === true) return 'tablet';
  const isMobile = memberOf(device, 'isMobile');
  return isMobile === true ? 'phone' : isMobile === false ? 'desktop' : undefined;
}

function memberOf(from: unknown, name: string): unknown {
  return new Map<string, unknown>(Object.entries(from ?? {})).get(name);
}

/** Without halves of characters. */
function cut(text: unknown, most: number): string | undefined {
  if (typeof text !== 'string') return undefined;
  const whole = [...text.slice(0, most)].filter((character) => character.isWellFormed()).join('');
  return whole === '' ? undefined : whole;
}
