import { type IssuerKeyDependencies, rollIssuerKey } from '../../../../functions/rotation/roll-issuer-key.ts';
import { versionsOf } from '../../../../functions/rotation/versioned-secret-store.ts';
import { formatIssuerKeys, parseIssuerKeys, publishedKeys } from '../../../../functions/shared/issuer-keys.ts';

/** Of tokens, in seconds. */
export const LIFETIME = 3_600;
/** Seconds since the epoch. */
export const START = 1_800_000_000;

/** The note in memory, and an operator who takes a step of the roll now and then. `now`: seconds, by the operator's clock. */
export function rollRig() {
  const world = { text: formatIssuerKeys({ active: 'a', roll: undefined }), now: START };
  const store = versionsOf({
    read: async () => world.text,
    write: async (_name, next) => {
      world.text = next;
    },
  });
  const deps = (): IssuerKeyDependencies => ({
    store,
    secret: 'edgehouse/issuer-keys',
    tokenLifetimeSeconds: LIFETIME,
    now: world.now,
    countShownKeys: undefined,
  });
  return {
    world,
    deps,
    step: (afterSeconds = 0, given: Partial<IssuerKeyDependencies> = {}) => {
      world.now += afterSeconds;
      return rollIssuerKey({ ...deps(), ...given });
    },
    active: () => parseIssuerKeys(world.text).active,
    published: () => publishedKeys(parseIssuerKeys(world.text)).join(),
  };
}
