import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { z } from 'zod';
import { parseConfig } from '../../../config/parse-config.ts';

const vectors = z
  .object({
    policy: z.object({
      config: z.record(z.string(), z.record(z.string(), z.unknown())),
      parsed: z.unknown(),
      canonical: z.string(),
      sha256: z.string(),
    }),
    rfc8785: z.object({ text: z.string(), canonicalHex: z.string() }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../contract/policy-hash.json', import.meta.url), 'utf8')));

describe('policy hash', () => {
  test('is the published one for the published config', () => {
    const { config, parsed, sha256 } = vectors.policy;

    const result = parseConfig(config);

    expect({ issuers: result.issuers, principals: result.principals, streams: result.streams }).toEqual(parsed);
    expect(result.policyHash).toBe(sha256);
  });

  test('the published canonical text is that of the published policy, and has the published hash', () => {
    const { parsed, canonical, sha256 } = vectors.policy;

    expect(canonicalize(parsed)).toBe(canonical);
    expect(createHash('sha256').update(canonical).digest('hex')).toBe(sha256);
  });

  test('the canonical form is that of RFC 8785', () => {
    const { text, canonicalHex } = vectors.rfc8785;

    expect(Buffer.from(canonicalize(JSON.parse(text)) ?? '').toString('hex')).toBe(canonicalHex);
  });

  test('stays the same in whatever order principals and streams are written', () => {
    const { config, sha256 } = vectors.policy;
    const order = <T>(record: Record<string, T> | undefined) =>
      fc.shuffledSubarray(Object.entries(record ?? {}), { minLength: 2 });
    fc.assert(
      fc.property(order(config['principals']), order(config['streams']), (principals, streams) => {
        const shuffled = { streams: Object.fromEntries(streams), principals: Object.fromEntries(principals) };
        expect(parseConfig(shuffled).policyHash).toBe(sha256);
      }),
    );
  });

  test('changes with any rule, and not with what is no policy', () => {
    const { config, sha256 } = vectors.policy;

    const other = parseConfig({ ...config, principals: { ...config['principals'], another: {} } });
    const same = parseConfig({ ...config, edge: { edgeWorkerIds: [1] }, regions: ['eu-west-1'] });

    expect(other.policyHash).not.toBe(sha256);
    expect(same.policyHash).toBe(sha256);
  });
});
