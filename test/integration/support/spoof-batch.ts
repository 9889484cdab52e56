import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { RawHeader, RawRequest } from './raw-http.ts';

/** What a sender of batches holds: the EdgeKV item of design §3.4, and the name it goes by. */
export interface Sender {
  readonly token: string;
  readonly key: Buffer;
  readonly keyId: string;
  readonly source: string;
  readonly stream: string;
}

/** A request and what is wrong with it, in words. */
export interface Spoof {
  readonly name: string;
  readonly request: RawRequest;
}

/** A batch before it is signed. */
export interface UnsignedBatch extends RawRequest {
  /** `@path` of the signature. */
  readonly signedPath: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly key: Buffer;
  readonly keyId: string;
}

/** A component of RFC 9421 §2: its identifier as it stands in the list, and its value. */
export type Component = readonly [identifier: string, value: string];

export const ROWS = [{ event_time: '2026-11-23T10:00:00.123Z', path: '/spoofed', status: 200 }] as const;

export function digestOf(body: Buffer): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

export interface BatchForm {
  readonly body?: Buffer;
  readonly rows?: number;
  readonly contentType?: string;
  readonly gzip?: boolean;
}

/** A batch that follows the contract (design §3.2) but is not signed yet. */
export function unsignedBatch(sender: Sender, created: number, form: BatchForm = {}): UnsignedBatch {
  const { body = Buffer.from(JSON.stringify(ROWS)), rows = 1, contentType = 'application/json', gzip = false } = form;
  const path = `/v1/streams/${sender.stream}/batches`;
  return {
    method: 'POST',
    target: path,
    signedPath: path,
    headers: [
      ['authorization', `Bearer ${sender.token}`],
      ['content-type', contentType],
      ...(gzip ? [['content-encoding', 'gzip'] as const] : []),
      ['content-digest', digestOf(body)],
      ['edge-batch-id', randomUUID()],
      ['edge-batch-rows', String(rows)],
      ['edge-source', sender.source],
    ],
    body,
    created,
    key: sender.key,
    keyId: sender.keyId,
  };
}

/** The header's lines taken out, and these put at the end. */
export function withHeader<Request extends RawRequest>(
  request: Request,
  name: string,
  ...values: readonly string[]
): Request {
  const others = request.headers.filter(([other]) => other !== name);
  return { ...request, headers: [...others, ...values.map((value): RawHeader => [name, value])] };
}

export function headerOf({ headers }: Pick<RawRequest, 'headers'>, name: string): string {
  return headers.find(([other]) => other === name)?.[1] ?? '';
}

/** With another body, its digest told right. */
export function withBody<Request extends RawRequest>(request: Request, body: Buffer): Request {
  return withHeader({ ...request, body }, 'content-digest', digestOf(body));
}

const COVERED = [
  'content-type',
  'content-encoding',
  'content-digest',
  'edge-batch-id',
  'edge-batch-rows',
  'edge-source',
] as const;

/** The components that the contract lists, in its order, with the values that the batch has now. */
export function componentsOf(batch: UnsignedBatch): readonly Component[] {
  const present = COVERED.filter((name) => batch.headers.some(([other]) => other === name));
  return [
    ['"@method"', batch.method],
    ['"@path"', batch.signedPath],
    ...present.map((name): Component => [`"${name}"`, headerOf(batch, name).trim()]),
  ];
}

export function parametersOf({ created, keyId }: Pick<UnsignedBatch, 'created' | 'keyId'>): readonly string[] {
  return [`created=${created}`, `keyid="${keyId}"`, 'tag="edgehouse"'];
}

/** `@signature-params`: RFC 9421 §2.3. */
export function signatureParams(components: readonly Component[], parameters: readonly string[]): string {
  return [`(${components.map(([identifier]) => identifier).join(' ')})`, ...parameters].join(';');
}

/** RFC 9421 §2.5, whatever the components are. */
export function signatureBase(components: readonly Component[], params: string): string {
  return [...components, ['"@signature-params"', params]].map(([name, value]) => `${name}: ${value}`).join('\n');
}

export function hmac(key: Buffer, base: string): string {
  return createHmac('sha256', key).update(base).digest('base64');
}

export interface SignatureForm {
  readonly components?: readonly Component[];
  readonly parameters?: readonly string[];
  readonly label?: string;
}

/** Adds a signature that is true of what the batch holds now, also where its form is not the contract's. */
export function signed(batch: UnsignedBatch, form: SignatureForm = {}): UnsignedBatch {
  const { components = componentsOf(batch), parameters = parametersOf(batch), label = 'edge' } = form;
  const params = signatureParams(components, parameters);
  const mac = hmac(batch.key, signatureBase(components, params));
  const input = withHeader(batch, 'signature-input', `${label}=${params}`);
  return withHeader(input, 'signature', `${label}=:${mac}:`);
}
