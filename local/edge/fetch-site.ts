import { type Agent, request, type ServerResponse } from 'node:http';
import { type Answer, plainAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { HeaderList } from './header-list.ts';

/**
 * Asks the site for what the visitor asked the edge for; nothing of it is kept.
 *
 * @param site origin; undefined: there is none, and the edge says so
 * @param url path and query, which a handler may have changed
 * @returns also where the site does not answer: 503, as an edge says it
 */
export function fetchSite(
  site: string | undefined,
  exchange: Exchange,
  url: string,
  agent: Agent,
  response: ServerResponse,
): Promise<Answer> {
  if (site === undefined) return Promise.resolve(plainAnswer(404, 'No site stands behind this local edge.'));
  const { hostname, port } = new URL(site);
  const { message, method } = exchange;
  const headers = new HeaderList(exchange.headers.raw());
  headers.removeHopByHop();
  headers.remove('expect');
  const chunked = message.headers['transfer-encoding'] !== undefined;
  if (chunked) headers.set('Transfer-Encoding', ['chunked']);
  return new Promise((resolve) => {
    const outgoing = request({ hostname, port, agent, method, path: url, headers: headers.raw() });
    const gone = (): void => {
      outgoing.destroy();
    };
    response.once('close', gone);
    outgoing.on('error', () => {
      response.off('close', gone);
      resolve(plainAnswer(503, 'The site behind this local edge does not answer.'));
    });
    outgoing.on('response', (stream) => {
      const { statusCode: status = 502, statusMessage: phrase = '', rawHeaders } = stream;
      // Whoever sends the answer watches its stream from now on.
      response.off('close', gone);
      stream.on('error', () => undefined);
      resolve({
        status,
        reason: { status, phrase },
        headers: new HeaderList(rawHeaders),
        body: { kind: 'site', stream },
      });
    });
    if (chunked || message.headers['content-length'] !== undefined) message.pipe(outgoing);
    else outgoing.end();
  });
}
