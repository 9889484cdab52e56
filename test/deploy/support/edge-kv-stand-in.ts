import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../../local/listen.ts';
import { type EdgegridClient, edgegridFault } from './verify-edgegrid.ts';

/** Stands for Akamai's API that writes EdgeKV items, and shows them: on loopback, without TLS. */
export interface EdgeKvStandIn {
  readonly origin: string;
  /** What was put, by `network/namespace/group/item`. */
  readonly items: ReadonlyMap<string, string>;
  /** Why requests were refused, in the order in which they came. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

const ITEM_PATH = /^\/edgekv\/v1\/networks\/([^/]+)\/namespaces\/([^/]+)\/groups\/([^/]+)\/items\/([^/?]+)$/;

/** Answers `client` only, and a signature that fits. */
export async function startEdgeKvStandIn(client: EdgegridClient): Promise<EdgeKvStandIn> {
  const items = new Map<string, string>();
  const refused: string[] = [];
  const used = new Set<string>();
  const server = createServer((request, response) => {
    void text(request).then((body) => answer(request, response, body));
  });

  function answer({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse, body: string): void {
    const { host = '', authorization = '' } = headers;
    const signed = { method, scheme: 'http', host, path: url, authorization } as const;
    const fault = edgegridFault(signed, client, Date.now(), used);
    const place = ITEM_PATH.exec(url)?.slice(1).map(decodeURIComponent).join('/');
    if (fault !== undefined) {
      refused.push(fault);
      refuse(response, 401, fault);
    } else if (method === 'PUT' && place !== undefined) {
      items.set(place, body);
      response.end('Item was upserted in database.');
    } else {
      const item = method === 'GET' && place !== undefined ? items.get(place) : undefined;
      if (item === undefined) refuse(response, 404, 'nothing there');
      else response.end(item);
    }
  }

  const origin = await listen(server, 0);
  return { origin, items, refused, stop: () => closeServer(server) };
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ title: 'Refused', status, detail }));
}
