import { createHash } from 'node:crypto';
import { type BatchMessage, batchPath, contentDigest, signBatch } from './batch-signature.ts';

/** A batch and the credentials to send it with (the EdgeKV item of design §3.4 holds token, key and key id). */
export interface BatchRequestInput {
  readonly stream: string;
  /** The body as it will be sent, compressed where `contentEncoding` says so. */
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding?: 'gzip' | undefined;
  /** Number of rows in the body; a CSV header row does not count. */
  readonly rows: number;
  /** UUID of the batch: a retry repeats it together with the same body. */
  readonly batchId: string;
  readonly source: string;
  /** @default none: a client certificate alone proves who sends */
  readonly token?: string | undefined;
  readonly key: Uint8Array;
  readonly keyId: string;
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
}

export interface BatchRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The signed HTTP request of a batch (design §3.2): `POST <path>` with these headers and this body. */
export function batchRequest(input: BatchRequestInput): BatchRequest {
  const message: BatchMessage = {
    path: batchPath(input.stream),
    contentType: input.contentType,
    contentEncoding: input.contentEncoding,
    contentDigest: contentDigest(createHash('sha256').update(input.body).digest()),
    batchId: input.batchId,
    batchRows: String(input.rows),
    source: input.source,
  };
  const { signatureInput, signature } = signBatch(message, input.key, input.keyId, input.nowSeconds);
  return {
    path: message.path,
    body: input.body,
    headers: {
      ...(input.token === undefined ? {} : { authorization: `Bearer ${input.token}` }),
      'content-type': message.contentType,
      ...(message.contentEncoding === undefined ? {} : { 'content-encoding': message.contentEncoding }),
      'content-digest': message.contentDigest,
      'edge-batch-id': message.batchId,
      'edge-batch-rows': message.batchRows,
      'edge-source': message.source,
      'signature-input': signatureInput,
      signature,
    },
  };
}
