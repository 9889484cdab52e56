import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';

/** How long a stopping server waits for the requests it has begun to answer. */
const CLOSE_GRACE_MS = 5000;
/** A connection whose answer is out turns idle a moment later: look for those this often while stopping. */
const IDLE_SWEEP_MS = 20;

/** The wanted port belongs to another process. */
export class PortBusyError extends Error {
  override readonly name = 'PortBusyError';
  readonly code = 'PORT_BUSY';
  readonly port: number;

  constructor(port: number, options?: ErrorOptions) {
    super(
      `Port ${port} on 127.0.0.1 is taken by another process. Expected a free one. ` +
        'Next: stop that process, choose another port, or leave the port out to get any free one.',
      options,
    );
    this.port = port;
  }
}

/**
 * Opens a server on the loopback interface only: what the local stack serves is never for the network.
 *
 * @param port 0 takes any free one
 * @returns the origin, such as `http://127.0.0.1:41873`; `https` for a server that speaks TLS
 * @throws PortBusyError when the port is taken; any other failure of the socket as Node reports it
 */
export async function listen(server: Server | HttpsServer, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      server.off('listening', opened);
      reject(error.code === 'EADDRINUSE' ? new PortBusyError(port, { cause: error }) : error);
    };
    const opened = (): void => {
      server.off('error', refused);
      resolve();
    };
    server.once('error', refused);
    server.once('listening', opened);
    server.listen(port, '127.0.0.1');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('A server that listens on a port must have an address with a port number.');
  }
  return `${server instanceof HttpsServer ? 'https' : 'http'}://127.0.0.1:${address.port}`;
}

/**
 * Stops a server: it accepts nothing more, answers what it has begun (up to 5 s), drops idle connections and then
 * whatever is left. Resolves when the port is free; at once for a server that does not listen.
 */
export async function closeServer(server: Server | HttpsServer): Promise<void> {
  if (!server.listening) return;
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  try {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  } finally {
    clearInterval(sweep);
    clearTimeout(force);
  }
}
