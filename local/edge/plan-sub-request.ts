import type { EdgeProperty, OriginTls } from './edge-options.ts';
import { type HeaderLines, HeaderList } from './header-list.ts';

/** What a bundle asked for, before any rule was applied. */
export interface AskedSubRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: HeaderLines;
  readonly body: 'none' | 'text' | 'stream';
}

export type SubRequestPlan =
  /** `httpRequest` rejects. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Akamai answers by itself; the promise resolves. */
  | { readonly kind: 'answered'; readonly host: string; readonly status: 400 | 403 | 411 }
  | {
      readonly kind: 'sent';
      readonly host: string;
      readonly origin: string;
      readonly originTls?: OriginTls;
      /** With query. */
      readonly path: string;
      readonly headers: readonly string[];
    };

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
/** Akamai, "http-request", headers that a sub-request may not set; those that EdgeKV's own client sends are the exception. */
const FORBIDDEN =
  /^(host|content-length|connection|keep-alive|transfer-encoding|te|trailers?|proxy-authorization|upgrade|x-ak.*|akamai-.*)$/i;
const EDGEKV = /^x-akamai-edgedb-/i;
const AUTHORITY = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)/i;

/**
 * Applies the rules of `httpRequest` and of the property behind the hostname (techdocs: EdgeWorkers http-request, Property Manager allowPost).
 *
 * @param parentHost Host header of the visitor's request: the host of a relative URL
 */
export function planSubRequest(
  asked: AskedSubRequest,
  parentHost: string,
  properties: Readonly<Record<string, EdgeProperty>>,
): SubRequestPlan {
  if (!METHODS.has(asked.method)) {
    return refused(`method ${asked.method}: expected one of ${[...METHODS].join(', ')}`);
  }
  const url = readUrl(asked.url, parentHost);
  if (typeof url === 'string') return refused(url);
  const headers = readHeaders(asked.headers);
  if (typeof headers === 'string') return refused(headers);
  const host = url.hostname;
  const property = Object.hasOwn(properties, host) ? properties[host] : undefined;
  if (property === undefined) return { kind: 'answered', host, status: 400 };
  if (!allows(property, asked.method)) return { kind: 'answered', host, status: 403 };
  if (asked.body === 'stream' && property.allowWithoutContentLength !== true)
    return { kind: 'answered', host, status: 411 };
  for (const [name, value] of Object.entries(property.requestHeaders ?? {})) headers.set(name, [value]);
  const { origin, originTls } = property;
  const path = `${url.pathname}${url.search}`;
  return { kind: 'sent', host, origin, ...(originTls && { originTls }), path, headers: headers.raw() };
}

function allows({ allowPost, allowPutAndDelete = false }: EdgeProperty, method: string): boolean {
  if (method === 'POST') return allowPost;
  return method === 'PUT' || method === 'DELETE' ? allowPutAndDelete : true;
}

/** @returns the URL, or what is wrong with it */
function readUrl(text: string, parentHost: string): URL | string {
  const [, scheme = 'https', authority] = AUTHORITY.exec(text) ?? [];
  if (!/^https?$/i.test(scheme)) return `scheme ${scheme} of ${text}: expected https`;
  if (authority !== undefined && /:\d*$/.test(authority)) return `a port in ${text}: expected none`;
  // A port of the visitor's request is this machine's, not the property's.
  const base = `https://${parentHost.replace(/:\d+$/, '')}`;
  if (!URL.canParse(text, base)) return `URL ${text}: expected an absolute one, or a path`;
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `scheme ${url.protocol} of ${text}: expected https`;
  return url.port === '' ? url : `a port in ${text}: expected none`;
}

/** @returns the headers, or what is wrong with them */
function readHeaders(asked: AskedSubRequest['headers']): HeaderList | string {
  const headers = new HeaderList([]);
  for (const [name, values] of asked) {
    if (FORBIDDEN.test(name) && !EDGEKV.test(name)) return `header ${name}: a sub-request may not set it`;
    try {
      headers.add(name, values);
    } catch {
      return `header ${name}: expected a name and value that HTTP allows`;
    }
  }
  return headers;
}

function refused(what: string): SubRequestPlan {
  return { kind: 'refused', message: `httpRequest: ${what}` };
}
