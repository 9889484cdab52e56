import { z } from 'zod';
import { certificateSchema, deniedCertificatesSchema } from './certificate-schema.ts';
import { rowFilterFault } from './row-filter.ts';
import { plainText, regionName, sourcePattern, strictObject, wholeNumber } from './schema-parts.ts';
import { PATIENCE_MS, STREAM_LIMITS } from './stream-limits.ts';

const names = z.array(z.string()).min(1);
const sources = z.array(sourcePattern).min(1);
const regions = z.array(regionName).min(1);

const writeAllow = strictObject({
  /** Streams it may write. */
  write: names,
  /** Values of `Edge-Source` it may claim: exact, or a prefix that ends in `/*`. */
  sources,
  /** Regions that take it. @default every region */
  regions: regions.optional(),
  /** What `_trust` is stamped with: `edge` where your own EdgeWorker made the rows, `client` where a browser did. @default 'client' */
  trust: z.enum(['edge', 'client']).default('client'),
});

const writeDeny = strictObject({
  /** Streams it may not write; `*` is every stream. */
  write: names,
  /** Only from these sources. @default every source */
  sources: sources.optional(),
  /** Only in these regions. @default every region */
  regions: regions.optional(),
});

// A read becomes a ClickHouse grant, and a grant knows neither sources nor regions.
const readAllow = strictObject({
  /** Streams it may read, or `batches`, the ledger of what arrived. */
  read: names,
  /** SQL condition on the rows of the one stream in `read`: it sees those rows only, through a view of its own. */
  rows: plainText(2_000)
    .superRefine((sql, context) => {
      const fault = rowFilterFault(sql);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .optional(),
});

const readDeny = strictObject({
  /** Streams it may not read, or `batches`. */
  read: names,
});

/** Who may do what. Nothing is allowed that no `allow` rule names. */
export const principalSchema = strictObject({
  /** Exact values that claims of its token must have, e.g. `{ sub: 'ew:12345' }`. Required for one that writes. */
  claims: z
    .record(plainText(64), plainText(256))
    .refine((claims) => Object.keys(claims).length > 0, 'at least one claim: without any, every token would match')
    .optional(),
  /** Whose tokens: `builtin`, or the `url` of an issuer. Required where there are several. @default the only one */
  issuer: plainText(512).optional(),
  /**
   * How it proves who it is: by a token, by a client certificate, or by both of them. @default 'both' where `domain.mtls`, else 'token'
   */
  require: z.enum(['token', 'certificate', 'both']).optional(),
  /** Which client certificates are its own. Those of an Akamai property may serve several principals that require 'both'. */
  certificate: certificateSchema.optional(),
  /** Client certificates that are refused to everybody, such as one whose key was stolen. API Gateway checks no revocation. */
  deniedCertificates: deniedCertificatesSchema.optional(),
  /** @default [] */
  allow: z.array(z.union([writeAllow, readAllow])).default([]),
  /** Beats `allow`. @default [] */
  deny: z.array(z.union([writeDeny, readDeny])).default([]),
  /** Bounds besides those of the stream. */
  limits: strictObject({
    /** Of one batch: bytes as sent. */
    bytes: wholeNumber(1, STREAM_LIMITS.bytes).optional(),
    /** Of one batch. */
    rows: wholeNumber(1, STREAM_LIMITS.rows).optional(),
    /**
     * Batches a second in the long run; one second's worth may come at once, and one batch always. Each running copy of ingest counts
     * for itself and nothing is shared between them, so it tames a sender that runs wild and is no exact quota. @default no limit
     */
    batchesPerSecond: z.number().positive().max(10_000).optional(),
    /**
     * Milliseconds that one batch may wait for ClickHouse before it is spooled and answered 202. More than the usual is for senders that
     * wait longer themselves; an EdgeWorker gives up after 3 s. At most 10_000. @default 1_500
     */
    patienceMs: wholeNumber(1, PATIENCE_MS.most).optional(),
  }).optional(),
  /**
   * Its tokens that were issued before this time are refused, however long they would still be good; a time to come refuses all of
   * them. ISO 8601 with `Z` or an offset. `edgehouse revoke` writes the line. @default none is
   */
  revokedBefore: z.iso
    .datetime({ offset: true, error: () => 'a time such as 2026-11-23T12:00:00Z' })
    .transform((text) => new Date(text).toISOString())
    .optional(),
});
