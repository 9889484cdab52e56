import { StoreError } from '../../../functions/ingest/batch-store.ts';
import { SpoolError } from '../../../functions/shared/batch-spool.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { BAD, GOOD, send } from '../../unit/functions/ingest/ingest-rig.ts';
import { driveStaleSecret } from './drive-stale-secret.ts';

const PARTLY_GOOD = { rows: [GOOD, BAD] };

/** Ingest with the telemetry of its handler: a batch stored in part, one spooled, one kept nowhere, one refused, and one without a table. */
export async function driveIngest(): Promise<void> {
  const said = createLambdaTelemetry('ingest');
  await send(PARTLY_GOOD, {}, undefined, said);
  await send(PARTLY_GOOD, { insert: away }, undefined, said);
  await send(PARTLY_GOOD, { insert: away, spool: full }, undefined, said);
  await send({ ...PARTLY_GOOD, source: 'ew/2/1.0.0' }, {}, undefined, said);
  await send(PARTLY_GOOD, { table: [] }, undefined, said);
  await driveStaleSecret(said.telemetry);
}

function away(): never {
  throw new StoreError('INSERT', 241);
}

function full(): never {
  throw new SpoolError('PutObject');
}
