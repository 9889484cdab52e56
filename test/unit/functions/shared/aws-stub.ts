import { createServer, type IncomingHttpHeaders } from 'node:http';
import { awsClientOptions } from '../../../../functions/shared/aws-clients.ts';
import { closeServer, listen } from '../../../../local/listen.ts';

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The other end of the wire: answers what a test has laid ready, in that order, so that the SDK itself reads the answers. */
export interface AwsStub {
  /** What a client of ours is made with, towards the stub. */
  readonly options: ReturnType<typeof awsClientOptions> & {
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly requests: readonly StubRequest[];
  /** A function answers by what was asked. */
  answer(...answers: readonly (StubAnswer | ((request: StubRequest) => StubAnswer))[]): void;
  close(): Promise<void>;
}

export async function startAwsStub(): Promise<AwsStub> {
  const requests: StubRequest[] = [];
  const answers: (StubAnswer | ((request: StubRequest) => StubAnswer))[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    requests.push(request);
    const next = answers.shift() ?? { status: 418, body: 'Nothing is laid ready.' };
    const { status = 200, headers: sent = {}, body = '' } = typeof next === 'function' ? next(request) : next;
    response.writeHead(status, sent).end(body);
  });
  const endpoint = await listen(server, 0);
  return {
    options: {
      ...awsClientOptions('eu-central-1'),
      endpoint,
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    },
    requests,
    answer: (...more) => void answers.push(...more),
    close: () => closeServer(server),
  };
}

/** An error as S3 sends it. */
export function s3Error(status: number, code: string): StubAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>canary</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** An answer in the JSON protocol of KMS, Secrets Manager and SQS. */
export function json(body: object): StubAnswer {
  return { headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

/** An error in the same protocol. */
export function jsonError(status: number, code: string): StubAnswer {
  return { ...json({ __type: code, message: 'canary' }), status };
}
