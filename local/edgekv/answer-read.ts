import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { EdgeNetwork } from '../../functions/shared/edge-kv.ts';
import { nameFault } from '../../functions/shared/edge-kv-names.ts';
import type { ItemStore } from './item-store.ts';

/** A request to the reading side, without its socket. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export type ReadAnswer =
  | { readonly kind: 'value'; readonly value: string }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly title: string;
      readonly detail: string;
      readonly errorCode: string;
    };

export interface ReadRules {
  readonly store: ItemStore;
  readonly network: EdgeNetwork;
  /** Undefined: any is good. */
  readonly accessToken: string | undefined;
}

/** The wire contract of Akamai's `edgekv.js` 0.6.3. */
const WIRE_ROUTE = /^\/api\/v1\/namespaces\/([^/]*)\/groups\/([^/]*)\/items\/([^/]*)$/;
const PLAIN_ROUTE = /^\/items\/([^/]*)$/;
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Answers a read of one item: on Akamai's wire route with the access token, on `/items/{item}` without credentials.
 * Error codes are those of Akamai's EdgeKV API: `EKV_3000` token, `EKV_9000` bad request or not found.
 */
export function answerRead(request: ReadRequest, rules: ReadRules): ReadAnswer {
  const path = request.target.replace(/[?#].*$/s, '');
  const wire = WIRE_ROUTE.exec(path);
  const plain = PLAIN_ROUTE.exec(path);
  if (wire === null && plain === null) return problem(404, 'Not Found', 'There is no such route.');
  if (request.method !== 'GET')
    return problem(405, 'Method Not Allowed', 'Expected GET. Next: write through the admin API.');
  return wire !== null
    ? answerWire(wire, request.headers, rules)
    : answerPlain(plain?.[1] ?? '', request.headers, rules);
}

function answerWire(match: RegExpExecArray, headers: IncomingHttpHeaders, rules: ReadRules): ReadAnswer {
  if (!isToken(headers['x-akamai-edgedb-auth'], rules) && !isToken(headers['x-akamai-edgedb-auth-ref'], rules)) {
    const detail = 'No valid access token came in X-Akamai-EdgeDB-Auth or X-Akamai-EdgeDB-Auth-Ref. Next: send it.';
    return problem(401, 'Unauthorized', detail, 'EKV_3000');
  }
  const [, namespace = '', group = '', item = ''] = match;
  const address = { namespace, group, item };
  const fault = nameFault(address);
  if (fault !== undefined) return problem(400, 'Bad Request', fault);
  const value = rules.store.get(rules.network, address);
  return value === undefined ? problem(404, 'Not Found', 'There is no such item.') : { kind: 'value', value };
}

/**
 * A web page may reach loopback addresses through a name of its own that it points there (DNS rebinding); its
 * requests then carry that name as Host. So a route without credentials answers only to loopback names.
 */
function answerPlain(item: string, headers: IncomingHttpHeaders, rules: ReadRules): ReadAnswer {
  if (!LOOPBACK_HOST.test(headers.host ?? '')) {
    return problem(403, 'Forbidden', 'The Host header names no loopback address. Next: call 127.0.0.1.');
  }
  const found = rules.store.findByName(rules.network, item);
  switch (found.kind) {
    case 'value':
      return found;
    case 'missing':
      return problem(404, 'Not Found', 'There is no such item.');
    case 'ambiguous':
      return problem(409, 'Conflict', 'Items of this name lie in several groups. Next: read it by its full address.');
  }
}

/** Compares digests, so that the time taken says nothing about the token. */
function isToken(sent: string | string[] | undefined, { accessToken }: ReadRules): boolean {
  if (accessToken === undefined) return sent !== undefined;
  return typeof sent === 'string' && timingSafeEqual(sha256(sent), sha256(accessToken));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function problem(status: number, title: string, detail: string, errorCode = 'EKV_9000'): ReadAnswer {
  return { kind: 'problem', status, title, detail, errorCode };
}
