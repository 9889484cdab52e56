import { createServer } from 'node:http';
import { closeServer, listen } from '../../../local/listen.ts';

/** Every byte there is, in more than one packet. */
const BINARY = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * 7) % 256));

/** A site whose answers are hard to pass on unchanged. Names its pages by the end of the path. */
export async function startOddSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith('/chunked')) {
      // No length, and a status that is an error.
      response.writeHead(404, 'Nothing Here, Sorry', ['Content-Type', 'text/html', 'X-Ends', 'late']);
      response.write('<p>');
      response.end(BINARY.subarray(0, 1_000));
      return;
    }
    response.writeHead(203, 'Odd But Fine', [
      ...['Content-Type', 'application/octet-stream', 'X-oDD-casing', 'kept as is', 'Set-Cookie', 'a=1'],
      ...['Set-Cookie', 'b=2; Path=/', 'X-Empty', '', 'X-Latin', 'caf\xe9', 'Vary', 'Accept', 'vary', 'Cookie'],
      ...['Edgehouse-Request-Id', 'of-the-site', 'Content-Length', String(BINARY.length)],
    ]);
    response.end(BINARY);
  });
  return { url: await listen(server, 0), close: () => closeServer(server) };
}
