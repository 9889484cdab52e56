import { createHash, createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';

// An outside client: node:crypto and node:http only, no code of the project. It follows design §3.2 from the ready line
// and the EdgeKV item alone.

export interface Item {
  readonly token: string;
  readonly key: string;
  readonly keyId: string;
}

/** Everything a change may touch before the request goes out. Header values of undefined are not sent. */
export interface Draft {
  method: string;
  path: string;
  /** The path that the signature covers. */
  signedPath: string;
  headers: Record<string, string | readonly string[] | undefined>;
  body: Buffer;
  created: number;
  key: Buffer;
  keyId: string;
  tag: string;
  label: string;
  components: string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export function draft(item: Item, source: string, rows: readonly unknown[], stream = 'web_events'): Draft {
  const body = Buffer.from(JSON.stringify(rows));
  return {
    method: 'POST',
    path: `/v1/streams/${stream}/batches`,
    signedPath: `/v1/streams/${stream}/batches`,
    headers: {
      authorization: `Bearer ${item.token}`,
      'content-type': 'application/json',
      'content-digest': digestOf(body),
      'edge-batch-id': randomUUID(),
      'edge-batch-rows': String(rows.length),
      'edge-source': source,
    },
    body,
    created: Math.floor(Date.now() / 1000),
    key: Buffer.from(item.key, 'base64url'),
    keyId: item.keyId,
    tag: 'edgehouse',
    label: 'edge',
    components: [
      '@method',
      '@path',
      'content-type',
      'content-digest',
      'edge-batch-id',
      'edge-batch-rows',
      'edge-source',
    ],
  };
}

export function digestOf(body: Buffer): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/** Adds the signature over what the draft holds now. */
export function sign(unsigned: Draft): Draft {
  const params =
    `(${unsigned.components.map((name) => `"${name}"`).join(' ')});created=${unsigned.created};` +
    `keyid="${unsigned.keyId}";tag="${unsigned.tag}"`;
  const value = (name: string) => {
    if (name === '@method') return unsigned.method;
    return name === '@path' ? unsigned.signedPath : String(unsigned.headers[name] ?? '').trim();
  };
  const base = [
    ...unsigned.components.map((name) => `"${name}": ${value(name)}`),
    `"@signature-params": ${params}`,
  ].join('\n');
  const mac = createHmac('sha256', unsigned.key).update(base).digest('base64');
  const signature = { 'signature-input': `${unsigned.label}=${params}`, signature: `${unsigned.label}=:${mac}:` };
  return { ...unsigned, headers: { ...unsigned.headers, ...signature } };
}

/** PEM, all of it. */
export interface ClientTls {
  /** The CA of the server. */
  readonly ca: string;
  /** The client's own certificate and key. */
  readonly cert?: string;
  readonly key?: string;
}

/** @param tls for an API of `https`; each request has a connection of its own @throws what the handshake failed with */
export function send(api: string, { method, path, headers, body }: Draft, tls?: ClientTls): Promise<Answer> {
  const sent = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...Object.fromEntries(sent), 'content-length': body.length } };
    const outgoing =
      tls === undefined
        ? request(`${api}${path}`, options)
        : requestTls(`${api}${path}`, { ...options, ...tls, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const names = Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()] as const);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(names),
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.end(body);
  });
}
