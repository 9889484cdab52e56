import { parentPort } from 'node:worker_threads';
import { STREAM_LIMITS } from '../../../config/stream-limits.ts';
import { judgeRows } from '../../../functions/ingest/judge-rows.ts';
import { type MediaType, parseRows } from '../../../functions/ingest/parse-rows.ts';
import { quarantineBytes } from '../../../functions/ingest/quarantine.ts';
import { CONTRACT, STAMP } from '../../unit/functions/ingest/stream-contract.ts';
import { contractOf } from './fuzz-contract.ts';

// A thread of its own: in the context of Jest each use of a global (`Array.isArray`) costs a look-up, which makes judging up to eight times as long.

export interface LargeBody {
  readonly body: Uint8Array;
  readonly mediaType: MediaType;
  readonly table: 'samples' | 'hits';
}

export interface Judged {
  /** Of the processor, in milliseconds. */
  readonly tookMs: number;
  /** Bytes that ingest would send on. */
  readonly written: number;
}

const CONTRACTS = { samples: contractOf('samples'), hits: CONTRACT };

/** What ingest does with a body, but for the input and output. */
function judge({ body, mediaType, table }: LargeBody): number {
  const { rows, rowBytes } = STREAM_LIMITS;
  const parsed = parseRows(Buffer.from(body.buffer, body.byteOffset, body.byteLength), mediaType);
  if (parsed.values.length > rows) return 0;
  const verdict = judgeRows(CONTRACTS[table], parsed, STAMP, rowBytes, body.length);
  return verdict.bytes.length + quarantineBytes(verdict.refused, table, CONTRACTS[table].hash, STAMP, rowBytes).length;
}

parentPort?.on('message', (large: LargeBody) => {
  const before = process.threadCpuUsage();
  const written = judge(large);
  const { user, system } = process.threadCpuUsage(before);
  const judged: Judged = { tookMs: (user + system) / 1000, written };
  parentPort?.postMessage(judged);
});
