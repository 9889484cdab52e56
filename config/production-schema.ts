import { z } from 'zod';
import { distinct, strictObject, wholeNumber } from './schema-parts.ts';

const cidr = z.union([z.cidrv4(), z.cidrv6()]);

const network = z
  .string()
  .refine(
    (text) => cidr.safeParse(text).success && !text.endsWith('/0'),
    'a network in CIDR form such as 192.0.2.0/24 or 2001:db8::/32, and not everybody’s',
  );

const concurrency = wholeNumber(1, 10_000);

/**
 * Concurrent executions that each function always has and never exceeds. An account has 1,000 in a region unless AWS raised it, a new
 * one fewer; 100 of them must stay unreserved, or the deploy fails (Lambda guide, "Configuring reserved concurrency").
 */
const reservedConcurrency = strictObject({
  /** @default as many as the throttle lets in at once, at most 350 */
  authorizer: concurrency.optional(),
  /** @default as many as the throttle lets in at once, at most 350 */
  ingest: concurrency.optional(),
  /** At least 6: the queue hands out to five at once, and the ledger is counted beside them. @default 6 */
  replay: wholeNumber(6, 10_000).default(6),
  /** Authorizers that all start at the same moment ask for the key set, whatever their region. @default 100 */
  issuer: concurrency.default(100),
  /** Two, so that one can be called by hand while the schedule's runs. @default 2 */
  rotation: concurrency.default(2),
  /** Secrets Manager rotates several accounts at the same time. @default 5 */
  'password-rotation': concurrency.default(5),
});

/**
 * What a stack has that others depend on, beyond one that is tried out: it cannot be deleted by mistake, its functions have executions
 * of their own, and `cdk synth` warns of everything in the config that leaves it open.
 */
export const productionSchema = strictObject({
  /**
   * Networks that batches may come from, IPv4 or IPv6: Akamai's, as Site Shield or Origin IP ACL lists them. Ingest asks it of the
   * connection at every request, before it looks at headers or body. @default every address
   */
  originIps: distinct(network).min(1).optional(),
  /** What all senders together may send to one region; beyond it they get 429. */
  throttle: strictObject({
    /**
     * Requests a second in the long run. It can be lowered, not raised: beyond twice the peaks a repeated batch would no longer be
     * recognised. @default twice the sum of the streams' `peakInsertsPerSecond`
     */
    requestsPerSecond: wholeNumber(1, 20_000).optional(),
    /** Requests at once. AWS has 5,000 in an account unless it raised it. @default `requestsPerSecond`, at least 100 */
    burst: wholeNumber(1, 20_000).optional(),
  }).prefault({}),
  /** Concurrent executions of each function, or `'none'` where the account has too few. */
  reservedConcurrency: z.union([z.literal('none'), reservedConcurrency]).prefault({}),
  /**
   * E-mail addresses that get every alarm of each region, and the page, once they have confirmed; `'elsewhere'` where you subscribe to
   * the outputs `PageTopicArn` and `AlarmTopicArn` yourself, such as with a pager, whose address holds a key. @default nobody
   */
  alarmsTo: z.union([z.literal('elsewhere'), distinct(z.email()).min(1)]).optional(),
});
