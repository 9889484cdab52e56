import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { EdgeNetwork, ReadableEdgeKv } from '../../functions/shared/edge-kv.ts';
import { closeServer, listen } from '../listen.ts';
import { answerRead, type ReadAnswer } from './answer-read.ts';
import { ItemStore, type Lateness } from './item-store.ts';

/** Where every EdgeWorker reads EdgeKV, also by Akamai's `edgekv.js`: the edge has this service behind it. */
export const EDGEKV_HOST = 'edgekv.akamai-edge-svcs.net';

export interface EdgeKvServiceOptions {
  /**
   * What readers on the wire route must send; a token or, in newer accounts, a reference to one. Not empty. Undefined: any will do, as for
   * bundles that bring tokens of a real account.
   */
  readonly accessToken: string | undefined;
  /** The network whose items are read here: staging EdgeWorkers never see production data, nor the other way. */
  readonly network: EdgeNetwork;
  /** When readers see a write; Akamai says within 10 s in most cases. @default at once */
  readonly lateness?: Lateness | undefined;
}

export interface EdgeKvService {
  /** @returns the origin. @throws PortBusyError */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
  /** The administrative side, in process: it reads what was written last. */
  readonly edgeKv: ReadableEdgeKv;
  /** Where a plain GET without credentials finds an item. @throws EdgeKvNotListeningError before `listen` */
  itemUrl(item: string): string;
}

/** An item has no URL as long as the service has no port. */
export class EdgeKvNotListeningError extends Error {
  override readonly name = 'EdgeKvNotListeningError';
  readonly code = 'EDGEKV_NOT_LISTENING';

  constructor() {
    super('The EdgeKV service does not listen yet. Expected a port. Next: await listen() before itemUrl().');
  }
}

/** The access token is unusable. */
export class EdgeKvTokenError extends Error {
  override readonly name = 'EdgeKvTokenError';
  readonly code = 'EDGEKV_TOKEN_EMPTY';

  constructor() {
    super('The EdgeKV access token is empty. Expected a value that readers send. Next: make a random one.');
  }
}

/**
 * An EdgeKV of one machine: reads on Akamai's wire contract and writes in process, on the loopback interface.
 *
 * @throws EdgeKvTokenError
 */
export function createEdgeKvService({ accessToken, network, lateness }: EdgeKvServiceOptions): EdgeKvService {
  if (accessToken === '') throw new EdgeKvTokenError();
  const store = new ItemStore(lateness);
  let origin: string | undefined;

  const server = createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    send(request, response, answerRead({ method, target, headers }, { store, network, accessToken }));
  });

  return {
    listen: async (port) => {
      origin = await listen(server, port);
      return origin;
    },
    close: () => closeServer(server),
    edgeKv: {
      put: async (target, namespace, group, item, value) => store.put(target, { namespace, group, item }, value),
      get: async (target, namespace, group, item) => store.newest(target, { namespace, group, item }),
    },
    itemUrl: (item) => {
      if (origin === undefined) throw new EdgeKvNotListeningError();
      return `${origin}/items/${encodeURIComponent(item)}`;
    },
  };
}

function send(request: IncomingMessage, response: ServerResponse, answer: ReadAnswer): void {
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  if (answer.kind === 'value') {
    // The rule of Akamai's official clients: JSON text is application/json, other text is text/plain.
    response.setHeader('content-type', isJson(answer.value) ? 'application/json' : 'text/plain; charset=utf-8');
    response.end(answer.value);
    return;
  }
  // RFC 9457 with the members of Akamai's EdgeKV OpenAPI (`errorCode`, `additionalDetail.requestId`).
  const { status, title, detail, errorCode } = answer;
  const requestId = randomUUID();
  response.writeHead(status, { 'content-type': 'application/problem+json', 'x-trace-id': requestId });
  response.end(
    JSON.stringify({
      type: '/edgekv/error-types/edgekv-read',
      title,
      status,
      detail,
      instance: (request.url ?? '').replace(/[?#].*$/s, ''),
      errorCode,
      additionalDetail: { requestId },
    }),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
