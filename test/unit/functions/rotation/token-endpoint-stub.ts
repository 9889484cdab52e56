import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../../../local/listen.ts';

/** What one request is answered. */
export type TokenReply = (response: ServerResponse, origin: string) => void;

export interface TokenCall {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: URLSearchParams;
}

export interface TokenEndpointStub {
  readonly tokenEndpoint: string;
  /** In their order. */
  readonly calls: readonly TokenCall[];
  close(): Promise<void>;
}

/** A token endpoint on loopback that gives these replies in turn, and the last one for ever. */
export async function startTokenEndpoint(
  ...replies: readonly [TokenReply, ...TokenReply[]]
): Promise<TokenEndpointStub> {
  const calls: TokenCall[] = [];
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    const body = new URLSearchParams(await text(request));
    const reply = replies[Math.min(calls.length, replies.length - 1)] ?? replies[0];
    calls.push({ method, path, headers, body });
    reply(response, origin);
  });
  const origin = await listen(server, 0);
  return {
    tokenEndpoint: `${origin}/token`,
    calls,
    async close() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

export function replyJson(members: object, status = 200, headers: Readonly<Record<string, string>> = {}): TokenReply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(members));
  };
}
