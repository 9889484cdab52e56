import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseDictionary, serializeDictionary } from 'structured-headers';
import { batchKeyById } from '../../functions/shared/batch-key.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import {
  contentDigest,
  signatureBase,
  signatureParams,
  signBatch,
  verifyBatchSignature,
} from '../../functions/shared/batch-signature.ts';
import { bearerToken } from '../../functions/shared/bearer-token.ts';
import { principalKeyById } from '../../functions/shared/principal-key.ts';
import { first, good, masterOf, messageOf, principalKeyVectors, vectors } from './support/published-signatures.ts';

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
