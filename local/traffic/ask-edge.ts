import { Agent, request } from 'node:http';

/** A visitor's request, as a browser or robot sends it: nothing is added, changed or followed. */
export interface VisitorRequest {
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface VisitorAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** Only of JSON answers; the bytes of all others are read and dropped. */
  readonly json: unknown;
}

export type AskEdge = (visitor: VisitorRequest) => Promise<VisitorAnswer>;

/** Longer than an EdgeWorker may take on any tier. */
const TIMEOUT_MS = 15_000;

/** A client of the edge that keeps its connections. @param origin `http://127.0.0.1:port` */
export function createEdgeClient(origin: string, connections: number): { ask: AskEdge; close: () => void } {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ask: AskEdge = ({ method, target, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sent = request(
        { agent, hostname, port, method, path: target, headers: { ...headers, ...length }, signal },
        (answer) => {
          const contentType = answer.headers['content-type'];
          const isJson = contentType !== undefined && /^application\/(problem\+)?json\b/.test(contentType);
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => {
            if (isJson) chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const json: unknown = isJson ? parseJson(Buffer.concat(chunks).toString()) : undefined;
            resolve({ status: answer.statusCode ?? 0, contentType, json });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { ask, close: () => agent.destroy() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
