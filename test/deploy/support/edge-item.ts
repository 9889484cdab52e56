import { createHash, hkdfSync } from 'node:crypto';
import { z } from 'zod';

/** An EdgeKV item as design §3.4 has it: no member may be of another form. */
export const edgeItemSchema = z.object({
  v: z.literal(1),
  token: z.string(),
  key: z.string().regex(/^[\w-]{43}$/),
  keyId: z.string(),
  notBefore: z.int(),
  exp: z.int(),
});

export type EdgeItem = z.output<typeof edgeItemSchema>;

/** What the secret of the first signing master has to be. */
export const firstKeySchema = z.strictObject({ version: z.literal(1), key: z.string().regex(/^[A-Za-z0-9]{43}$/) });

/** The batch key of a token, by the words of the contract (design §3.2) and not by our code. */
export function contractKey(master: z.output<typeof firstKeySchema>, token: string): Pick<EdgeItem, 'key' | 'keyId'> {
  const h = createHash('sha256').update(token).digest('base64url');
  const derived = hkdfSync('sha256', Buffer.from(master.key, 'base64url'), '', `edgehouse batch key v1\n${h}`, 32);
  return { key: Buffer.from(derived).toString('base64url'), keyId: `${master.version}.${h.slice(0, 16)}` };
}
