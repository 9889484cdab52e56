import type { IncomingMessage } from 'node:http';
import { readAskedTrace } from './asked-trace.ts';
import { HeaderList } from './header-list.ts';
import { readVisitor, type Visitor } from './read-visitor.ts';
import { RequestTrace } from './request-trace.ts';
import { Variables } from './variables.ts';

/** A visitor's request, from its arrival until its answer is out. */
export interface Exchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly path: string;
  /** Without `?`; empty where there is none. */
  readonly query: string;
  readonly host: string;
  /** What goes on to the handlers and the site. */
  readonly headers: HeaderList;
  readonly visitor: Visitor;
  readonly variables: Variables;
  /** `performance.now()` when the head was in. */
  readonly arrivedAt: number;
  /** Undefined: nobody asked for one. */
  readonly trace: RequestTrace | undefined;
  /** For the body. */
  readonly message: IncomingMessage;
}

/**
 * @param variables names of headers by the variable that the property sets from them
 * @param constants values of the variables that it sets by itself
 */
export function readExchange(
  message: IncomingMessage,
  variables: Readonly<Record<string, string>>,
  constants: Readonly<Record<string, string>>,
  arrivedAt: number,
): Exchange {
  const headers = new HeaderList(message.rawHeaders);
  const visitor = readVisitor(headers, message.socket.remoteAddress ?? '');
  const asked = readAskedTrace(headers);
  const values: [string, string][] = Object.entries(constants);
  for (const [name, header] of Object.entries(variables)) {
    const value = headers.get(header)?.join(', ');
    headers.remove(header);
    if (value !== undefined) values.push([name, value]);
  }
  // RFC 9112 §3.2.2: a server must accept the absolute form too.
  const url = (message.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  const [path = '/', ...query] = url.split('?');
  return {
    method: message.method ?? 'GET',
    url,
    path,
    query: query.join('?'),
    host: headers.get('host')?.[0] ?? '',
    headers,
    visitor,
    variables: new Variables(values),
    arrivedAt,
    trace: asked === undefined ? undefined : new RequestTrace(asked),
    message,
  };
}
