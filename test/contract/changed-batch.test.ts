import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveBatchKey } from '../../functions/shared/batch-key.ts';
import {
  type BatchMessage,
  type BatchSignature,
  batchPath,
  contentDigest,
  signBatch,
  verifyBatchSignature,
} from '../../functions/shared/batch-signature.ts';
import { first, good, messageOf } from './support/published-signatures.ts';

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
