import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { JWK } from 'jose';
import { z } from 'zod';
import { verifyCompactSignature } from '../../functions/authorizer/verify-signature.ts';

const EXAMPLES = z
  .object({
    keys: z.record(z.string(), z.looseObject({ kty: z.string() })),
    examples: z.array(
      z.object({
        source: z.string(),
        key: z.string(),
        algorithm: z.string(),
        compact: z.string(),
        refused: z.string().optional(),
      }),
    ),
  })
  .transform(({ keys, examples }) =>
    examples.map((example) => ({ ...example, jwk: keys[example.key] satisfies JWK | undefined })),
  )
  .parse(JSON.parse(readFileSync(new URL('rfc-signatures.json', import.meta.url), 'utf8')));

const TAKEN = EXAMPLES.filter(({ refused }) => refused === undefined);
const REFUSED = EXAMPLES.filter(({ refused }) => refused !== undefined);

function verify({ compact, jwk, algorithm }: (typeof EXAMPLES)[number]): Promise<Uint8Array> {
  return verifyCompactSignature(compact, { keys: jwk === undefined ? [] : [jwk] }, [algorithm]);
}

describe('the signature of', () => {
  test.each(TAKEN.map((example) => [example.source, example] as const))('%s verifies', async (_source, example) => {
    const payload = await verify(example);

    expect(Buffer.from(payload).toString('base64url')).toBe(example.compact.split('.')[1]);
  });

  test.each(TAKEN.map((example) => [example.source, example] as const))(
    '%s is refused with one bit of the payload changed',
    async (_source, example) => {
      const [header, payload = '', signature] = example.compact.split('.');
      const bytes = Buffer.from(payload, 'base64url');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      const compact = `${header}.${bytes.toString('base64url')}.${signature}`;

      await expect(verify({ ...example, compact })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    },
  );

  test.each(REFUSED.map((example) => [example.source, example] as const))(
    '%s is refused: nobody’s public key made it',
    async (_source, example) => {
      await expect(verify(example)).rejects.toMatchObject({ code: example.refused });
    },
  );
});
