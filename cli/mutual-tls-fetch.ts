import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { describeFailure } from './describe-failure.ts';

/** Files of PEM, by their paths. */
export interface TlsFiles {
  /** The client certificate, with whatever leads up to its root. */
  readonly certificate: string;
  readonly key: string;
  /** The CAs of the server. Undefined: those that Node brings. */
  readonly authorities: string | undefined;
}

/** A file of the client certificate cannot be read. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
  readonly code = 'TLS_FILE_UNREADABLE';
  /** @param option without its dashes */
  constructor(option: string, cause: unknown) {
    super(`${describeFailure(cause)}. Expected a file of PEM. Check the path given to --${option}.`, { cause });
  }
}

/** `fetch` over connections that show a client certificate, which Node's own cannot do. Redirects are answers. */
export interface MutualTlsFetch {
  readonly fetch: typeof fetch;
  close(): void;
}

/** PEM, by the names that Node has for it. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** @throws TlsFileError */
export async function readTlsFiles({ certificate, key, authorities }: TlsFiles): Promise<ClientTls> {
  return {
    cert: await readPem('certificate', certificate),
    key: await readPem('key', key),
    ...(authorities !== undefined && { ca: await readPem('authorities', authorities) }),
  };
}

/** @throws TlsFileError */
export async function openMutualTlsFetch(files: TlsFiles): Promise<MutualTlsFetch> {
  const agent = new Agent({ keepAlive: true, ...(await readTlsFiles(files)) });
  return { fetch: (input, init) => ask(new Request(input, init), agent), close: () => agent.destroy() };
}

async function ask(asked: Request, agent: Agent): Promise<Response> {
  const body = Buffer.from(await asked.arrayBuffer());
  return new Promise((resolve, reject) => {
    const headers = { ...Object.fromEntries(asked.headers), 'content-length': body.byteLength };
    const sent = request(asked.url, { method: asked.method, headers, agent, signal: asked.signal });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const { statusCode: status = 0, headersDistinct } = answer;
      const fields = Object.entries(headersDistinct).map(([name, values = []]): [string, string] => [
        name,
        values.join(', '),
      ]);
      buffer(answer).then(
        (bytes) => resolve(new Response(status === 204 || status === 304 ? null : bytes, { status, headers: fields })),
        reject,
      );
    });
    sent.end(body);
  });
}

async function readPem(option: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TlsFileError(option, cause);
  });
}
