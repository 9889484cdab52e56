import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import type { Identity } from '../shared/identity.ts';
import type { AdmittedDecision, BatchLimits } from './admit-batch.ts';
import type { MediaType, ParsedRows } from './parse-rows.ts';
import type { BatchHeaders } from './read-headers.ts';
import type { Receipt } from './receipt.ts';
import type { StoreOutcome } from './store-or-spool.ts';

export type IngestEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<Record<string, unknown>>;

/**
 * What the chain has found out about a batch so far. Each step reads what the steps before it wrote; the order of the
 * chain in `ingest.ts` is the guarantee. Whoever looks from outside the chain (the audit line) takes it as partial.
 */
export interface IngestState extends Record<string, unknown> {
  startedAt: number;
  identity: Identity;
  stream: string;
  limits: BatchLimits;
  headers: BatchHeaders;
  mediaType: MediaType;
  /** The body as sent, until its rows are read. */
  bytes: Buffer;
  sentBytes: number;
  decision: AdmittedDecision;
  /** About how many, inflated. */
  bodyBytes: number;
  rows: ParsedRows;
  outcome: StoreOutcome;
  receipt: Receipt;
}
