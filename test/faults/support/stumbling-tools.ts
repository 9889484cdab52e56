import { RotationStoreError } from '../../../functions/rotation/rotate-database-user/rotation-store.ts';
import type { RotationTools } from '../../../functions/rotation/rotate-database-user/rotation-tools.ts';

/**
 * Tools that make a step take its detours, so that the drill kills it there too: a password that has just been set is refused once, as
 * by a replica that has not heard of it, and the answer that AWSCURRENT has moved gets lost.
 */
export function stumblingTools(inner: RotationTools): RotationTools {
  const refused = new Set<string>();
  return {
    ...inner,
    store: {
      ...inner.store,
      async moveCurrent(secret, from, to) {
        await inner.store.moveCurrent(secret, from, to);
        throw new RotationStoreError('Moving AWSCURRENT of', secret, 'no answer in time');
      },
    },
    database: {
      ...inner.database,
      async logsIn(credential) {
        const works = await inner.database.logsIn(credential);
        if (!works) refused.add(credential.password);
        return works && !refused.delete(credential.password);
      },
    },
  };
}
