import { StoreError } from '../../../functions/ingest/batch-store.ts';
import { SpoolError } from '../../../functions/shared/batch-spool.ts';
import { createPowertoolsTelemetry } from '../../../functions/shared/powertools-telemetry.ts';
import { reportStale } from '../../../functions/shared/report-stale.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import { type SecretStore, SecretUnavailableError } from '../../../functions/shared/secret-store.ts';
import type { Telemetry } from '../../../functions/shared/telemetry.ts';
import { BAD, GOOD, send } from '../../unit/functions/ingest/ingest-rig.ts';

const PARTLY_GOOD = { rows: [GOOD, BAD] };

/** Ingest with the telemetry of its handler: a batch stored in part, one spooled, one kept nowhere, and one refused. */
export async function driveIngest(): Promise<void> {
  const said = createPowertoolsTelemetry('ingest');
  await send(PARTLY_GOOD, {}, undefined, said);
  await send(PARTLY_GOOD, { insert: away }, undefined, said);
  await send(PARTLY_GOOD, { insert: away, spool: full }, undefined, said);
  await send({ ...PARTLY_GOOD, source: 'ew/2/1.0.0' }, {}, undefined, said);
  await readStale(said.telemetry);
}

/** Its secret store answers once and never again. */
async function readStale(telemetry: Telemetry): Promise<void> {
  let reads = 0;
  const store: SecretStore = {
    read: async (name) => {
      if (reads++ > 0) throw new SecretUnavailableError(name);
      return 'text';
    },
  };
  const secret = cachedSecret(store, 'a', String, () => 0, { onStale: reportStale(telemetry) });
  await secret.get();
  secret.expire();
  await secret.get();
}

function away(): never {
  throw new StoreError('INSERT', 241);
}

function full(): never {
  throw new SpoolError('PutObject');
}
