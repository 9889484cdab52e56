import { parseConfig } from '../../../config/parse-config.ts';
import type { IngestEvent } from '../../../functions/ingest/ingest-state.ts';
import type { BatchCode } from '../../../functions/shared/codes.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { BAD, GOOD, NOW, openIngest, type Sending, TOKEN } from '../../unit/functions/ingest/ingest-rig.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';

const CONFIG = parseConfig({
  streams: { hits: { limits: { bytes: 1_000, inflatedBytes: 2_000, rows: 2 } } },
  principals: {
    web: {
      claims: { sub: 'ew:1' },
      allow: [{ write: ['hits'], sources: ['ew/1/*'] }],
      limits: { batchesPerSecond: 0.5 },
    },
  },
});

const header = (name: string, value: string) => (event: IngestEvent) => ({
  ...event,
  headers: { ...event.headers, [name]: value },
});

function without(name: string, event: IngestEvent): IngestEvent {
  const { [name]: _left, ...headers } = event.headers;
  return { ...event, headers };
}

/** A token that lives until then. */
const until = (exp: number) => (event: IngestEvent) => {
  const { lambda } = event.requestContext.authorizer;
  return { ...event, requestContext: { ...event.requestContext, authorizer: { lambda: { ...lambda, exp } } } };
};

const LONG = `{"name":"${'a'.repeat(2_000)}"}`;

/** What ingest refuses with each code. */
const REFUSED: Readonly<Record<Exclude<BatchCode, 'UNAVAILABLE' | 'RATE_LIMITED'>, Sending>> = {
  HEADER_MISSING: { change: (event) => without('edge-batch-id', event) },
  HEADER_MALFORMED: { change: header('edge-source', 'a,b') },
  HEADER_MISMATCH: { declared: 2 },
  DIGEST_MISMATCH: { change: (event) => ({ ...event, body: 'e30=' }) },
  BODY_MALFORMED: { rows: ['no JSON'] },
  ROWS_EMPTY: { rows: [''], declared: 1 },
  TOKEN_EXPIRED: { change: until(NOW - 1_000) },
  BATCH_SIGNATURE_INVALID: { change: header('authorization', `Bearer ${TOKEN}x`) },
  BATCH_SIGNATURE_STALE: { change: until(NOW + 10_000) },
  POLICY_DENIED: { source: 'ew/2/1.0.0' },
  STREAM_UNKNOWN: { stream: 'nowhere' },
  BODY_TOO_LARGE: { rows: [LONG] },
  INFLATE_LIMIT: { rows: [LONG], gzip: true },
  ROWS_TOO_MANY: { rows: [GOOD, GOOD, GOOD] },
  MEDIA_TYPE_UNSUPPORTED: { change: header('content-type', 'text/plain') },
  ENCODING_UNSUPPORTED: { change: header('content-encoding', 'br') },
  ROWS_REFUSED: { rows: [BAD] },
};

/** Ingest with the telemetry of its handler refuses a batch for every reason that it has. */
export async function driveRefusals(): Promise<void> {
  const said = createLambdaTelemetry('ingest');
  for (const [code, sending] of Object.entries(REFUSED)) {
    // So much later no signature is taken any more.
    const now = code === 'BATCH_SIGNATURE_STALE' ? NOW + 1_000 : NOW;
    await open(said, now).send(sending);
  }
  const hasty = open(said, NOW);
  for (let batch = 0; batch < 2; batch++) await hasty.send();
}

function open(said: ReturnType<typeof createLambdaTelemetry>, now: number) {
  return openIngest({}, memoryBatchSpool(), { config: CONFIG, clock: () => now * 1_000, ...said });
}
