import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { bundleClient } from '../../../edgeworker/bundle-client.ts';
import { problemAnswer } from '../../../edgeworker/src/collector-answer.ts';
import { closeServer, listen } from '../../../local/listen.ts';

/**
 * What becomes of a posted batch: the edge answers it; the collector says 503; it reaches the edge and the answer is lost on its way back;
 * it is lost itself; something on the way refuses it, in a form of its own.
 */
export type Weather = 'fair' | 'outage' | 'answers-lost' | 'batches-lost' | 'refused-on-the-way';

/** A batch that the browser let go, whatever became of it. */
export interface SeenBatch {
  readonly id: string;
  readonly body: string;
  readonly method: string;
}

/** A site with the client on each page, in front of the edge: `/page/…` is a page, all else goes to the edge as it is. */
export interface SiteFront {
  readonly url: string;
  readonly seen: readonly SeenBatch[];
  /** Where the site's front passes on to. */
  setEdge(origin: string): void;
  setWeather(weather: Weather): void;
  close(): Promise<void>;
}

/**
 * `?run=` names the events of a page. A page's last event is made while it goes away, after the client has looked: the page notes in the
 * storage that it was accepted.
 */
const PAGE = `<!doctype html><title>A page</title><link rel="icon" href="data:,"><script src="/edgehouse.js"></script><script>
const query = new URLSearchParams(location.search);
const options = { url: query.get('collector') ?? '/collect', waitMs: 1000, maxStored: 3000000 };
const client = edgehouse.createClient(options);
const track = (number) => client.track({ event_name: query.get('run'), event_value: number });
const trackAll = (numbers) => numbers.filter(track);
let wasCached = false;
addEventListener('pageshow', ({ persisted }) => { wasCached = persisted; });
addEventListener('pagehide', () => {
  const number = 1e6 + Math.floor(Math.random() * 1e12);
  if (track(number)) localStorage.setItem('accepted ' + number, '');
});
</script>`;

export async function startSiteFront(): Promise<SiteFront> {
  const { script } = bundleClient();
  const seen: SeenBatch[] = [];
  let edge = '';
  let weather: Weather = 'fair';

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', edge);
    if (url.pathname.startsWith('/page/')) {
      response.setHeader('content-type', 'text/html').end(PAGE);
    } else if (url.pathname === '/edgehouse.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else {
      await passOn(url, incoming, response);
    }
  };

  const passOn = async (url: URL, incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', headers } = incoming;
    const body = await text(incoming);
    const met = weather;
    if (url.pathname === '/collect') seen.push({ id: url.searchParams.get('batch') ?? '', body, method });
    if (met === 'batches-lost') return void response.destroy();
    if (met === 'outage') {
      const refusal = problemAnswer('UNAVAILABLE', 'The service could not take the batch now.', { retryAfter: 1 });
      return void response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    }
    if (met === 'refused-on-the-way') {
      return void response.writeHead(413, { 'content-type': 'text/html' }).end('<title>Too large</title>');
    }
    const sent = request(url, { method, headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on('response', resolve).on('error', reject),
    );
    sent.end(body);
    const reply = await answered;
    const replyBody = await buffer(reply);
    if (met === 'answers-lost') return void response.destroy();
    response.writeHead(reply.statusCode ?? 500, reply.headers).end(replyBody);
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  return {
    url: await listen(server, 0),
    seen,
    setEdge: (origin) => {
      edge = origin;
    },
    setWeather: (next) => {
      weather = next;
    },
    close: () => closeServer(server),
  };
}
