import { z } from 'zod';
import { plainText, strictObject } from './schema-parts.ts';

const DEFAULT_AUDIENCE = 'https://edgehouse.internal/ingest';

const builtinIssuer = strictObject({
  kind: z.literal('builtin'),
  /** `aud` of its tokens: a name, not an address that is called. @default 'https://edgehouse.internal/ingest' */
  audience: plainText(256).default(DEFAULT_AUDIENCE),
});

/** Whose tokens are believed. The built-in issuer signs RS256 with keys in KMS. */
export const issuerSchema = z
  .union([
    z.literal('builtin').transform(() => ({ kind: 'builtin' as const, audience: DEFAULT_AUDIENCE })),
    builtinIssuer,
  ])
  .transform(({ kind, audience }) => ({ kind, audience, algorithms: ['RS256' as const] }));
