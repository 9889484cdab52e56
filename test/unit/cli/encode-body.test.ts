import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeBody } from '../../../cli/encode-body.ts';

test('a body is sent as it is unless compression is asked for', async () => {
  const body = Buffer.from('{"a":1}');

  expect(await encodeBody(body, false)).toEqual({ body, contentEncoding: undefined });
});

test('a compressed body is the same body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (body) => {
      const encoded = await encodeBody(body, true);
      expect(Buffer.from(gunzipSync(encoded.body))).toEqual(Buffer.from(body));
    }),
  );
});

test('a body that shrinks more than a hundredfold, which ingest would refuse, is not compressed', async () => {
  const body = Buffer.from('{}\n'.repeat(100_000));

  expect(await encodeBody(body, true)).toEqual({ body, contentEncoding: undefined });
});
