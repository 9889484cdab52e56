import { createHash } from 'node:crypto';
import { contentDigest, verifyBatchSignature } from '../../../functions/shared/batch-signature.ts';
import type { ChaosVisit, EdgeKvPlan } from './chaos-cases.ts';

/** Stands in everything that no visitor may get to see, beside tokens and keys. */
export const SECRET = 'not-for-visitors';
export const EDGEKV_HOST = 'edgekv.akamai-edge-svcs.net';
export const API_HOST = 'events-api.example.com';

export interface ReplyText {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SentBatch {
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What ingest would say of a batch. */
export type Judgement = 'good' | 'BATCH_SIGNATURE_STALE' | 'TOKEN_EXPIRED' | 'TOKEN_UNKNOWN' | 'MALFORMED';

const STREAM = 'web_events';

export function tokenOf({ serial }: Pick<EdgeKvPlan, 'serial'>): string {
  return `aa.token${serial}.cc`;
}

/** 32 bytes, whose base64url can be told from any other text. */
function keyOf(token: string): Buffer {
  const hash = createHash('sha256').update(`key of ${token}`).digest();
  return Buffer.concat([Buffer.from('batchkey', 'base64url'), hash.subarray(0, 26)]);
}

const TIMES = /^aa\.token(\d+)\.cc$/;

/** What EdgeKV answers, and who knows which tokens: both by everybody else's clock. */
export class ChaosWorld {
  readonly #tokens = new Map<string, { readonly exp: number; readonly notBefore: number; readonly revoked: boolean }>();

  /** @param trueSeconds since the epoch */
  edgeKv(plan: EdgeKvPlan, trueSeconds: number): ReplyText {
    const { status, flaw, variant } = plan;
    const token = tokenOf(plan);
    const { lifeSeconds, ageSeconds, revoked } = plan;
    const first = { exp: trueSeconds + lifeSeconds, notBefore: trueSeconds - ageSeconds, revoked };
    const { exp, notBefore } = this.#tokens.get(token) ?? first;
    if (!this.#tokens.has(token)) this.#tokens.set(token, first);
    const key = keyOf(token).toString('base64url');
    const item = { v: 1, token, key, keyId: '3.Zk1x0c9dQe7hL2sA', notBefore, exp };
    const headers = { 'content-type': 'application/json', 'x-trace-id': SECRET };
    const body =
      status !== 200
        ? JSON.stringify({ detail: SECRET })
        : flaw === undefined
          ? JSON.stringify(item)
          : flawed(item, flaw, variant);
    return { status, headers, body };
  }

  /** As ingest judges: the token, then the signature and its time, then the rows' number. */
  judge({ path, headers, body }: SentBatch, trueSeconds: number): Judgement {
    const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
    const known = this.#tokens.get(token);
    if (known === undefined || !TIMES.test(token)) return 'MALFORMED';
    if (known.revoked) return 'TOKEN_UNKNOWN';
    // 30 s of tolerance (design §3.3).
    if (trueSeconds > known.exp + 30) return 'TOKEN_EXPIRED';
    const digest = contentDigest(createHash('sha256').update(body).digest());
    const message = {
      path: `/v1/streams/${STREAM}/batches`,
      contentType: headers['content-type'] ?? '',
      contentDigest: headers['content-digest'] ?? '',
      batchId: headers['edge-batch-id'] ?? '',
      batchRows: headers['edge-batch-rows'] ?? '',
      source: headers['edge-source'] ?? '',
    };
    const signed = { signatureInput: headers['signature-input'] ?? '', signature: headers['signature'] ?? '' };
    const verdict = verifyBatchSignature(message, signed, () => keyOf(token), trueSeconds);
    if (verdict.kind === 'stale') return 'BATCH_SIGNATURE_STALE';
    return verdict.kind === 'valid' && path === message.path && digest === message.contentDigest ? 'good' : 'MALFORMED';
  }

  /** @param edgeMs the edge's clock, for dates in `Retry-After` */
  ingest({ ingest: plan }: ChaosVisit, batch: SentBatch, trueSeconds: number, edgeMs: number): ReplyText {
    const judged = this.judge(batch, trueSeconds);
    const status = plan.by === 'true' ? (judged === 'good' ? 200 : 401) : plan.status;
    const receipt = plan.by === 'true' ? 'stored' : plan.receipt;
    const { retryAfter } = plan;
    const wait =
      retryAfter.kind === 'seconds'
        ? String(retryAfter.seconds)
        : retryAfter.kind === 'date'
          ? new Date(edgeMs + retryAfter.seconds * 1_000).toUTCString()
          : 'in a while';
    const headers: Record<string, string> = {
      'content-type': 'text/html',
      'set-cookie': SECRET,
      ...(plan.by === 'gateway' ? { 'apigw-requestid': SECRET } : { 'edgehouse-request-id': SECRET }),
      ...(retryAfter.kind === 'none' ? {} : { 'retry-after': wait }),
    };
    return { status, headers, body: receiptText(receipt, batch) };
  }
}

function receiptText(kind: ChaosVisit['ingest']['receipt'], { headers }: SentBatch): string {
  const rows = Number(headers['edge-batch-rows']);
  const receipt = {
    batchId: headers['edge-batch-id'],
    stream: STREAM,
    outcome: kind,
    received: rows,
    accepted: kind === 'spooled' ? null : kind === 'stored' ? rows : 0,
    quarantined: kind === 'spooled' ? null : kind === 'stored' ? 0 : rows,
    errors: [{ row: 0, code: 'FIELD_TYPE', message: SECRET }],
  };
  switch (kind) {
    case 'broken':
      return JSON.stringify(receipt).slice(0, -9);
    case 'empty':
      return '';
    case 'wrong':
      return JSON.stringify({ ...receipt, outcome: 'lost', received: '1' });
    default:
      return JSON.stringify(receipt);
  }
}

interface Item extends Readonly<Record<string, unknown>> {
  readonly exp: number;
}

function flawed(item: Item, flaw: NonNullable<EdgeKvPlan['flaw']>, variant: number): string {
  if (flaw === 'version unknown') return JSON.stringify({ ...item, v: [2, '1', null, 0, undefined, [1]][variant % 6] });
  const texts = [
    '',
    '[]',
    'null',
    '"aa.bb.cc"',
    JSON.stringify(item).slice(0, -5),
    `${JSON.stringify(item)}}`,
    JSON.stringify({ ...item, token: undefined }),
    JSON.stringify({ ...item, token: `${item['token']}\r\nx-a: b` }),
    JSON.stringify({ ...item, token: 'żółw.b.c' }),
    JSON.stringify({ ...item, key: 'short' }),
    JSON.stringify({ ...item, keyId: '"; x="' }),
    JSON.stringify({ ...item, keyId: null }),
    JSON.stringify({ ...item, exp: String(item.exp) }),
    JSON.stringify({ ...item, exp: item.exp + 0.5 }),
    JSON.stringify({ ...item, exp: null }),
    JSON.stringify({ ...item, notBefore: -1 }),
    JSON.stringify({ ...item, more: 'x'.repeat(10_240) }),
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  ];
  return texts[variant % texts.length] ?? '';
}
