import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDictionary, serializeDictionary } from 'structured-headers';
import { z } from 'zod';
import { batchKeyById, deriveBatchKey } from '../../functions/shared/batch-key.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import {
  type BatchMessage,
  type BatchSignature,
  batchPath,
  contentDigest,
  signatureBase,
  signatureParams,
  signBatch,
  verifyBatchSignature,
} from '../../functions/shared/batch-signature.ts';
import { bearerToken } from '../../functions/shared/bearer-token.ts';
import { principalKeyById } from '../../functions/shared/principal-key.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../../functions/shared/versioned-keys.ts';

const vectorSchema = z.strictObject({
  name: z.string(),
  expected: z.enum(['valid', 'invalid', 'stale']),
  now: z.int(),
  token: z.string(),
  masters: z.array(z.strictObject({ version: z.int(), key: z.string() })),
  stream: z.string(),
  headers: z.strictObject({
    authorization: z.string(),
    'content-type': z.string(),
    'content-encoding': z.literal('gzip').optional(),
    'content-digest': z.string(),
    'edge-batch-id': z.string(),
    'edge-batch-rows': z.string(),
    'edge-source': z.string(),
    'signature-input': z.string(),
    signature: z.string(),
  }),
  body: z.base64(),
  batchKey: z.string(),
  keyId: z.string(),
  created: z.int(),
  signatureBase: z.string(),
});
type Vector = z.infer<typeof vectorSchema>;

const principalKeyVectorSchema = vectorSchema.omit({ token: true, masters: true }).extend({
  principal: z.string(),
  keys: vectorSchema.shape.masters,
  headers: vectorSchema.shape.headers.omit({ authorization: true }),
});

const { vectors, principalKeyVectors } = z
  .strictObject({
    description: z.string(),
    vectors: z.array(vectorSchema),
    principalKeyVectors: z.array(principalKeyVectorSchema),
  })
  .parse(JSON.parse(readFileSync(new URL('./batch-signature.json', import.meta.url), 'utf8')));
const good = vectors.filter((vector) => vector.expected === 'valid');

describe('published batch signatures', () => {
  test.each(vectors)('$name: $expected', (vector) => {
    const { headers } = vector;
    const master = masterOf(vector);
    const token = bearerToken(headers.authorization) ?? '';

    const verdict = verifyBatchSignature(
      messageOf(vector),
      { signatureInput: headers['signature-input'], signature: headers.signature },
      (keyId) => batchKeyById(master, token, keyId),
      vector.now,
    );

    expect(token).toBe(vector.token);
    expect(verdict).toEqual(
      {
        valid: { kind: 'valid', keyId: vector.keyId, created: vector.created },
        stale: { kind: 'stale', created: vector.created },
        invalid: { kind: 'invalid' },
      }[vector.expected],
    );
  });

  test.each(good)('$name: we derive the same key, and sign the same bytes', (vector) => {
    const message = messageOf(vector);
    const key = batchKeyById(masterOf(vector), vector.token, vector.keyId) ?? new Uint8Array();

    const base = signatureBase(message, signatureParams(message, vector.keyId, vector.created));
    const request = batchRequest({
      stream: vector.stream,
      body: Buffer.from(vector.body, 'base64'),
      contentType: vector.headers['content-type'],
      contentEncoding: vector.headers['content-encoding'],
      rows: Number(vector.headers['edge-batch-rows']),
      batchId: vector.headers['edge-batch-id'],
      source: vector.headers['edge-source'],
      token: vector.token,
      key,
      keyId: vector.keyId,
      nowSeconds: vector.created,
    });

    expect(Buffer.from(key).toString('base64url')).toBe(vector.batchKey);
    expect(base).toBe(vector.signatureBase);
    expect(request.headers).toEqual(vector.headers);
    expect(request.path).toBe('/v1/streams/web_events/batches');
  });

  test('hold good ones of every media type, with and without gzip, and at least one of every verdict', () => {
    const kinds = good.map(({ headers }) => `${headers['content-type']} ${headers['content-encoding'] ?? 'plain'}`);

    expect(new Set(kinds).size).toBe(6);
    expect(new Set(vectors.map(({ expected }) => expected)).size).toBe(3);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });
});

describe('published batch signatures of principals without a token', () => {
  test.each(principalKeyVectors)('$name: $expected', (vector) => {
    const { headers, principal, keyId, created } = vector;
    const keys = masterOf({ masters: vector.keys });

    const verdict = verifyBatchSignature(
      messageOf(vector),
      { signatureInput: headers['signature-input'], signature: headers.signature },
      (id) => principalKeyById(keys, principal, id),
      vector.now,
    );

    expect(verdict).toEqual(
      { valid: { kind: 'valid', keyId, created }, stale: { kind: 'stale', created }, invalid: { kind: 'invalid' } }[
        vector.expected
      ],
    );
  });

  test.each(principalKeyVectors.filter(({ expected }) => expected === 'valid'))(
    '$name: we take the same key, and sign the same bytes',
    ({ headers, ...vector }) => {
      const key = principalKeyById(masterOf({ masters: vector.keys }), vector.principal, vector.keyId);
      const request = batchRequest({
        stream: vector.stream,
        body: Buffer.from(vector.body, 'base64'),
        contentType: headers['content-type'],
        rows: Number(headers['edge-batch-rows']),
        batchId: headers['edge-batch-id'],
        source: headers['edge-source'],
        key: key ?? new Uint8Array(),
        keyId: vector.keyId,
        nowSeconds: vector.created,
      });

      expect(Buffer.from(key ?? []).toString('base64url')).toBe(vector.batchKey);
      expect(request.headers).toEqual(headers);
    },
  );
});

describe('the standards behind them', () => {
  test('HMAC-SHA-256 over a signature base gives the signature of RFC 9421 B.2.5', () => {
    const key = Buffer.from(
      'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
      'base64',
    );
    const base = [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@authority": example.com',
      '"content-type": application/json',
      '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    ].join('\n');

    const signature = createHmac('sha256', key).update(base).digest('base64');

    expect(signature).toBe('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=');
  });

  test('our signature is that same HMAC over our signature base', () => {
    const { batchKey, keyId, created, ...vector } = first(good);
    const key = Buffer.from(batchKey, 'base64url');

    const { signature } = signBatch(messageOf(vector), key, keyId, created);

    expect(signature).toBe(`edge=:${createHmac('sha256', key).update(vector.signatureBase).digest('base64')}:`);
  });

  test('the digest of the example body is the one of RFC 9530', () => {
    const digest = contentDigest(createHash('sha256').update('{"hello": "world"}\n').digest());

    expect(digest).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
  });

  test.each(good)(
    '$name: an RFC 9651 parser reads our headers, and writes them back the same',
    ({ headers, ...vector }) => {
      const input = parseDictionary(headers['signature-input']);
      const signature = parseDictionary(headers.signature);
      const digest = parseDictionary(headers['content-digest']);

      expect([serializeDictionary(input), serializeDictionary(signature), serializeDictionary(digest)]).toEqual([
        headers['signature-input'],
        headers.signature,
        headers['content-digest'],
      ]);
      expect([...input.keys()]).toEqual(['edge']);
      expect(Object.fromEntries(input.get('edge')?.[1] ?? [])).toEqual({
        created: vector.created,
        keyid: vector.keyId,
        tag: 'edgehouse',
      });
      expect(digest.get('sha-256')?.[0]).toEqual(
        new Uint8Array(createHash('sha256').update(Buffer.from(vector.body, 'base64')).digest()).buffer,
      );
    },
  );
});

describe('batch signature', () => {
  test('is valid for whatever was signed, until the message changes by one byte', () => {
    fc.assert(
      fc.property(
        signed,
        fc.constantFrom(...MESSAGE_PARTS),
        fc.nat(),
        fc.integer({ min: 1, max: 0x7f }),
        (case_, part, at, flip) => {
          const { message, signature, key, keyId, created } = case_;
          const changed = { ...message, [part]: flipByte(message[part] ?? '', at, flip) };

          expect(verify(message, signature, key, keyId, created)).toEqual({ kind: 'valid', keyId, created });
          fc.pre(message[part] !== undefined);
          expect(verify(changed, signature, key, keyId, created)).toEqual({ kind: 'invalid' });
        },
      ),
    );
  });

  test('is invalid after a change of one byte of either header', () => {
    const headers = fc.constantFrom('signatureInput' as const, 'signature' as const);
    fc.assert(
      fc.property(signed, headers, fc.nat(), fc.integer({ min: 1, max: 0x7f }), (case_, header, at, flip) => {
        const { message, signature, key, keyId, created } = case_;

        const changed = { ...signature, [header]: flipByte(signature[header], at, flip) };

        expect(verify(message, changed, key, keyId, created)).toEqual({ kind: 'invalid' });
      }),
      { numRuns: 500 },
    );
  });

  test('is invalid under a key that differs in one byte, and where content-encoding comes or goes', () => {
    fc.assert(
      fc.property(signed, fc.nat({ max: 31 }), fc.integer({ min: 1, max: 0xff }), (case_, at, flip) => {
        const { message, signature, key, keyId, created } = case_;
        const otherKey = key.map((byte, index) => (index === at ? byte ^ flip : byte));
        const recoded = { ...message, contentEncoding: message.contentEncoding === undefined ? 'gzip' : undefined };

        expect(verify(message, signature, otherKey, keyId, created)).toEqual({ kind: 'invalid' });
        expect(verify(recoded, signature, key, keyId, created)).toEqual({ kind: 'invalid' });
      }),
    );
  });

  test('headers of any content never throw', () => {
    const { keyId, created, ...vector } = first(good);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (signatureInput, signature) => {
        const verdict = verify(messageOf(vector), { signatureInput, signature }, new Uint8Array(32), keyId, created);

        expect(verdict).toEqual({ kind: 'invalid' });
      }),
    );
  });
});

const MESSAGE_PARTS = [
  'path',
  'contentType',
  'contentEncoding',
  'contentDigest',
  'batchId',
  'batchRows',
  'source',
] as const satisfies readonly (keyof BatchMessage)[];

const signed = fc
  .record({
    stream: fc.stringMatching(/^[a-z][a-z0-9_]{0,40}$/),
    contentType: fc.constantFrom('application/json', 'application/x-ndjson', 'text/csv'),
    contentEncoding: fc.constantFrom('gzip' as const, undefined),
    body: fc.uint8Array(),
    batchId: fc.uuid(),
    rows: fc.nat(),
    source: fc.stringMatching(/^ew\/\d{1,9}\/[\w.-]{1,20}$/),
    token: fc.stringMatching(/^[\w-]{1,40}\.[\w-]{1,40}\.[\w-]{1,40}$/),
    master: fc.record({ version: fc.integer({ min: 1 }), key: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
    created: fc.integer({ min: 0, max: 99_999_999_999 }),
  })
  .map(({ stream, body, rows, token, master, created, ...rest }) => {
    const { key, keyId } = deriveBatchKey(master, token);
    const digest = contentDigest(createHash('sha256').update(body).digest());
    const message = { ...rest, path: batchPath(stream), contentDigest: digest, batchRows: String(rows) };
    return { message, key, keyId, created, signature: signBatch(message, key, keyId, created) };
  });

function verify(message: BatchMessage, signature: BatchSignature, key: Uint8Array, keyId: string, now: number) {
  return verifyBatchSignature(message, signature, (id) => (id === keyId ? key : undefined), now);
}

function flipByte(text: string, at: number, flip: number): string {
  const bytes = Buffer.from(text);
  const index = at % Math.max(bytes.length, 1);
  return Buffer.from(bytes.map((byte, place) => (place === index ? byte ^ flip : byte))).toString('latin1');
}

function masterOf(vector: Pick<Vector, 'masters'>) {
  const [current, previous] = vector.masters;
  return parseVersionedKeys(formatVersionedKeys(parseVersionedKeys(JSON.stringify({ ...current, previous }))));
}

function messageOf({
  stream,
  headers,
}: Pick<Vector, 'stream'> & { readonly headers: Omit<Vector['headers'], 'authorization'> }): BatchMessage {
  return {
    path: batchPath(stream),
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    contentDigest: headers['content-digest'],
    batchId: headers['edge-batch-id'],
    batchRows: headers['edge-batch-rows'],
    source: headers['edge-source'],
  };
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('The list is empty; expected at least one vector.');
  return item;
}
