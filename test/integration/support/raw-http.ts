import { createConnection, type Socket } from 'node:net';

/** Name and value as they stand on the wire, a character a byte; a name may repeat. */
export type RawHeader = readonly [name: string, value: string];

/** A request that no HTTP library would send: no byte of it is checked, added or put right. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly RawHeader[];
  readonly body: Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface RawClient {
  /** One after the other: answers come in the order of requests. */
  send(request: RawRequest): Promise<RawAnswer>;
  close(): void;
}

/** Every byte of the request line and the header lines, with their ends. */
export function headOf({ method, target, headers, body }: RawRequest, host: string): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, `host: ${host}`, `content-length: ${body.length}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** @param origin as `http://127.0.0.1:1234` */
export function createRawClient(origin: string): RawClient {
  const { hostname, port, host } = new URL(origin);
  let connection: Socket | undefined;

  const connect = (): Socket => {
    if (connection !== undefined && !connection.destroyed && connection.writable) return connection;
    connection = createConnection({ host: hostname, port: Number(port), noDelay: true });
    // One that is hung up on may report it when nobody waits any more.
    connection.on('error', () => undefined);
    return connection;
  };

  return {
    send(request) {
      const socket = connect();
      return new Promise((resolve, reject) => {
        let received = Buffer.alloc(0);
        const settle = (outcome: () => void): void => {
          socket.off('data', take).off('close', gone).off('error', gone);
          outcome();
        };
        const take = (chunk: Buffer): void => {
          received = Buffer.concat([received, chunk]);
          const answer = readAnswer(received);
          if (answer === undefined) return;
          if (answer.headers.get('connection') === 'close') socket.destroy();
          settle(() => resolve(answer));
        };
        const gone = (): void => settle(() => reject(new Error('The connection ended before its answer was in.')));
        socket.on('data', take).on('close', gone).on('error', gone);
        socket.write(Buffer.concat([headOf(request, host), request.body]));
      });
    },
    close: () => connection?.destroy(),
  };
}

/** @returns undefined until all of it is in */
function readAnswer(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = received.subarray(end + 4);
  if (body.length < Number(headers.get('content-length'))) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, text: body.toString() };
}
