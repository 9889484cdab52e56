import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../../local/listen.ts';
import { type EdgegridClient, edgegridFault } from '../../deploy/support/verify-edgegrid.ts';

/**
 * Stands for what sets EdgeKV up, on loopback. Paths and members are those of "Akamai: EdgeKV API" v1 (OpenAPI, akamai/akamai-apis,
 * apis/edgekv/v1).
 */
export class EdgeKvAdminStandIn {
  /** What was made, by its path, as it was asked for. */
  readonly made = new Map<string, Record<string, unknown>>();
  /** `METHOD path` of what came. */
  readonly asked: string[] = [];
  readonly unsigned: string[] = [];
  /** Requests that are done and never answered. */
  readonly cut: string[] = [];
  /** What a new token is shown with, besides what was asked for. */
  shown: object = {};
  /** Looks until EdgeKV is ready, once it was initialised. */
  looks = 2;
  status: 'UNINITIALIZED' | 'PENDING' | 'INITIALIZED' = 'UNINITIALIZED';
  origin = '';
  #client: EdgegridClient;
  #used = new Set<string>();
  #server = createServer((request, response) => void this.#serve(request, response));

  constructor(client: EdgegridClient) {
    this.#client = client;
  }

  async start(): Promise<void> {
    this.origin = await listen(this.#server, 0);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    const { host = '', authorization = '' } = headers;
    const signed = { method, scheme: 'http', host, path: url, authorization, body: Buffer.from(body) } as const;
    const unsigned = edgegridFault(signed, this.#client, Date.now(), this.#used);
    if (unsigned !== undefined) this.unsigned.push(unsigned);
    const path = url.replace('/edgekv/v1', '');
    const line = `${method} ${path}`;
    this.asked.push(line);
    const { status, value } = unsigned === undefined ? this.#answer(method, path, body) : { status: 401, value: {} };
    const at = this.cut.indexOf(line);
    if (at >= 0) {
      this.cut.splice(at, 1);
      response.destroy();
    } else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }

  #answer(method: string, path: string, body: string): { readonly status: number; readonly value: object } {
    if (path === '/initialize') return this.#initialize(method);
    if (this.status !== 'INITIALIZED') return { status: 400, value: { detail: 'not initialized' } };
    if (method === 'GET') {
      const value = this.made.get(path);
      return value === undefined ? { status: 404, value: { errorCode: 'EKV_9000' } } : { status: 200, value };
    }
    const asked: Record<string, unknown> = JSON.parse(body);
    const name = `${path}/${asked['namespace'] ?? asked['name']}`;
    if (method !== 'POST' || this.made.has(name)) return { status: 409, value: { errorCode: 'EKV_3000' } };
    const uuid = 'fa3a7ae0-1b0c-45c7-adc3-f0638c6b7466';
    this.made.set(name, { ...asked, ...(path === '/tokens' && { uuid, ...this.shown }) });
    // A new token is answered without what it may do, and as old clients know it with its value.
    const value = path === '/tokens' ? { name: asked['name'], uuid, value: 'canary-token-value' } : asked;
    return { status: 200, value };
  }

  #initialize(method: string): { readonly status: number; readonly value: object } {
    if (method === 'PUT') this.status = 'PENDING';
    else if (this.status === 'UNINITIALIZED') return { status: 404, value: { accountStatus: this.status } };
    else if (this.status === 'PENDING' && this.looks-- <= 0) this.status = 'INITIALIZED';
    return { status: method === 'PUT' ? 201 : 200, value: { accountStatus: this.status, cpcode: '1234567' } };
  }
}
