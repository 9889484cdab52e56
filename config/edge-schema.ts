import { z } from 'zod';
import { EDGE_KV_NAMES } from './edge-kv-names.ts';
import { edgeTokensSchema } from './edge-tokens-schema.ts';
import { collectorSchema, edgeWorkerId, requestEventsSchema } from './edge-worker-schema.ts';
import { distinct, hostLabel, hostname, strictObject, wholeNumber } from './schema-parts.ts';

function edgeKvName({ pattern, expected }: { readonly pattern: RegExp; readonly expected: string }) {
  return z.string().regex(pattern, expected);
}

const ORIGIN = new RegExp(`^https?://${hostLabel}(\\.${hostLabel})*(:[1-9][0-9]{0,4})?$`);

/** As browsers write it, for it is compared as text: they leave out the port that the scheme stands for (RFC 6454 §6.2). */
const origin = z
  .string()
  .refine(
    (text) => ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text,
    'an origin such as https://www.example.com, as a browser writes it',
  );

/** How EdgeWorkers get their credentials, and what is built into their bundles. */
export const edgeSchema = strictObject({
  /** EdgeKV namespace. @default 'edgehouse' */
  namespace: edgeKvName(EDGE_KV_NAMES.namespace).default('edgehouse'),
  /** EdgeKV group that holds one item per EdgeWorker id. @default 'credentials' */
  group: edgeKvName(EDGE_KV_NAMES.group).default('credentials'),
  /** Ids of the EdgeWorkers that get a token. @default [] */
  edgeWorkerIds: distinct(edgeWorkerId).default([]),
  /** The Akamai networks whose EdgeKV gets it. @default ['staging', 'production'] */
  networks: distinct(z.enum(['staging', 'production']))
    .min(1)
    .default(['staging', 'production']),
  /** Who gives them. @default 'builtin' */
  tokens: edgeTokensSchema.default('builtin'),
  /**
   * Life of a token in minutes, at least four times `refreshMinutes`. An external issuer decides by itself; then the longest life
   * that is taken. @default 60
   */
  tokenLifetimeMinutes: wholeNumber(4, 1_440).default(60),
  /** Minutes between two tokens. @default 15 */
  refreshMinutes: wholeNumber(1, 360).default(15),
  /** Hostname of the Akamai property in front of the API: EdgeWorkers reach no other hosts. Built into the bundles. */
  apiHost: hostname.optional(),
  /** Origins besides its own whose pages may post to the collector. @default [] */
  allowedOrigins: distinct(origin).default([]),
  /**
   * The DataStream 2 stream, active before the bundles are, that gets the log lines of both EdgeWorkers: one for each lost event.
   * Built into the bundles. @default none: they are in debug headers only
   */
  logging: strictObject({ ds2id: wholeNumber(1, 2_147_483_647) }).optional(),
  /** The EdgeWorker that answers `/collect`: batches of browsers and apps. */
  collector: collectorSchema.optional(),
  /** The EdgeWorker that sends one event for each request of the site. */
  requestEvents: requestEventsSchema.optional(),
}).prefault({});
