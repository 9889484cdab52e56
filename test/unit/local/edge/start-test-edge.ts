import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type Edge, type EdgeOptions, type EdgeProperty, startEdge } from '../../../../local/edge/start-edge.ts';

export const EDGE_WORKER_ID = 12345;

const ENDINGS: (() => Promise<unknown>)[] = [];

/** For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all(ENDINGS.splice(0).map((end) => end()));
}

/** A server on loopback, such as a site or an API. @returns its origin */
export async function startServer(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ENDINGS.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that keeps what it is sent and answers 200 to it. */
export async function startRecorder(): Promise<{
  readonly origin: string;
  readonly received: ReceivedRequest[];
  /** Resolves with the next request that comes. */
  readonly next: () => Promise<ReceivedRequest>;
}> {
  const received: ReceivedRequest[] = [];
  const waiting: ((request: ReceivedRequest) => void)[] = [];
  const origin = await startServer(async (message, response) => {
    const body = await readAll(message);
    const request = { method: message.method ?? '', url: message.url ?? '', headers: message.headers, body };
    received.push(request);
    response.setHeader('x-recorded', 'yes').end(JSON.stringify({ got: body }));
    waiting.shift()?.(request);
  });
  return { origin, received, next: () => new Promise((resolve) => waiting.push(resolve)) };
}

export async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

export const API = 'api.example.com';

export function property(origin: string, changes: Partial<EdgeProperty> = {}): Record<string, EdgeProperty> {
  return { [API]: { origin, allowPost: true, ...changes } };
}

/** An edge on the Basic tier whose EdgeWorker serves every path. */
export async function startTestEdge(mainJs: string, options: Partial<EdgeOptions> = {}): Promise<Edge> {
  const rules = [{ path: '/*', edgeWorkerId: EDGE_WORKER_ID, version: '1.0.0', mainJs }];
  const edge = await startEdge({ tier: 'basic', rules, properties: {}, contexts: 1, ...options });
  ENDINGS.push(() => edge.stop());
  return edge;
}

/** A bundle that answers with the JSON of what an expression makes. `request` is in reach. */
export function answering(expression: string, imports = ''): string {
  return `
    import { createResponse } from 'create-response';
    ${imports}
    export async function responseProvider(request) {
      const told = async (run) => { try { return await run(); } catch (error) { return { thrown: String(error), isError: error instanceof Error }; } };
      return createResponse(200, {}, JSON.stringify(await (${expression}) ?? null));
    }`;
}

/** Runs `answering` once. */
export async function evaluate(
  expression: string,
  imports = '',
  options: Partial<EdgeOptions> = {},
  init: RequestInit = {},
): Promise<unknown> {
  const edge = await startTestEdge(answering(expression, imports), options);
  const response = await fetch(`${edge.url}/page?q=1`, init);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(await edge.report())}`);
  return JSON.parse(text);
}

/** A site, and an edge with the bundle in front of it. */
export async function startSiteAndEdge(mainJs: string, site: RequestListener, options: Partial<EdgeOptions> = {}) {
  const origin = await startServer(site);
  return { edge: await startTestEdge(mainJs, { site: origin, ...options }), origin };
}
