import { sign } from 'node:crypto';
import { createKeySetCache } from '../../../functions/authorizer/key-set.ts';
import type { VerifyTokenOptions } from '../../../functions/authorizer/verify-token.ts';
import { KEY_SET_PATH, keySet } from '../../../functions/issuer/answer-discovery.ts';
import { createPublishedKeySet } from '../../../functions/issuer/published-key-set.ts';
import { rollIssuerKey } from '../../../functions/rotation/roll-issuer-key.ts';
import { formatIssuerKeys, parseIssuerKeys } from '../../../functions/shared/issuer-keys.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { TokenSigner } from '../../../functions/shared/token-signer.ts';
import { ISSUER, rsaKey } from '../../unit/functions/authorizer/sign-token.ts';
import { replicatedSecret } from './replicated-secret.ts';

const KEYS = { a: rsaKey('a'), b: rsaKey('b') };
const NOTE = 'issuer-keys';

export interface DrillIssuerOptions {
  readonly clock: () => number;
  readonly random: () => number;
  /** It signs nothing and answers nobody. */
  readonly isAway: () => boolean;
  readonly tokenLifetimeSeconds: number;
  readonly record: (line: unknown) => void;
}

/** The issuer: two keys, the note which of them signs, and its key set. */
export function startDrillIssuer({ clock, random, isAway, tokenLifetimeSeconds, record }: DrillIssuerOptions) {
  const note = replicatedSecret(formatIssuerKeys({ active: 'a', roll: undefined }), clock, () => 0);
  const publishedKeySet = createPublishedKeySet({
    keys: cachedSecret(note.primary, NOTE, parseIssuerKeys, clock, { random }),
    readPublicKey: async (name) => KEYS[name].jwk,
  });
  const published = async () => {
    if (isAway()) throw new TypeError('The issuer is away');
    return publishedKeySet();
  };
  const steps: string[] = [];

  return {
    /** What every mint asks for. */
    async signer(): Promise<TokenSigner> {
      const { active } = parseIssuerKeys(await note.primary.read(NOTE));
      return {
        kid: active,
        sign: async (bytes) => {
          if (isAway()) throw new TypeError('The issuer is away');
          return sign('sha256', bytes, KEYS[active].privateKey);
        },
      };
    },
    /** What an authorizer of its own holds of the key set. */
    verifier(): VerifyTokenOptions['keySetFor'] {
      const keySets = createKeySetCache({
        fetch: async () => new Response(keySet(await published()).body),
        clock,
        random,
        onFailure: record,
        onStale: record,
      });
      return (_issuer, kid) => keySets(`${ISSUER.issuer}${KEY_SET_PATH}`, kid);
    },
    note: note.primary,
    /** What the operator has done, without repetitions. */
    steps,
    /** The next step of the roll to the other key; begins none after the first. */
    async roll(): Promise<void> {
      if (note.history.length > 1 && parseIssuerKeys(note.history.at(-1) ?? '').roll === undefined) return;
      const deps = { store: note.primary, secret: NOTE, tokenLifetimeSeconds, now: Math.floor(clock() / 1000) };
      const kind = await rollIssuerKey({ ...deps, countShownKeys: async () => (await published()).length }).then(
        (step) => step.kind,
        () => 'unseen',
      );
      if (kind !== steps.at(-1)) steps.push(kind);
    },
  };
}

export type DrillIssuer = ReturnType<typeof startDrillIssuer>;
