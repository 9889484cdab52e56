import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { batchRequest } from '../functions/shared/batch-request.ts';
import { batchPath } from '../functions/shared/batch-signature.ts';
import { parseCredentials, parsePrincipalKey } from '../local/credentials.ts';
import type { CommandIo } from './command-io.ts';
import { readCredentials } from './credentials-place.ts';
import { describeFailure } from './describe-failure.ts';
import { openLedger } from './ledger.ts';
import { openMutualTlsFetch, readTlsFiles } from './mutual-tls-fetch.ts';
import { useDatabase } from './operator-database.ts';
import { goodBatches, type Row, type SignBatch, type Trial } from './smoke-batches.ts';
import { askApi, type CheckResult, judge } from './smoke-check.ts';
import type { SmokeCommand, SmokeSender } from './smoke-command.ts';
import { forgeries, strangers } from './smoke-identity.ts';
import { refusals } from './smoke-refusals.ts';
import { describeSmoke, smokeJson } from './smoke-report.ts';
import { checkTls } from './smoke-tls.ts';
import { UsageError } from './usage.ts';
import { uuidV7 } from './uuid-v7.ts';

type SmokeIo = Pick<CommandIo, 'out' | 'fetch' | 'now' | 'wait' | 'randomBytes'>;

const ROW = z.record(z.string(), z.unknown());
const RATE_LIMITED = 'ingest 429 RATE_LIMITED';
const MOST_TRIES = 5;

/**
 * `edgehouse smoke`: whether a deployment keeps its contract over HTTP: one try of each answer that can be brought about from outside.
 * With credentials it leaves two rows in the stream (a third where the gateway takes gzip as JSON), and one in quarantine.
 *
 * @returns whether everything was as expected
 * @throws CredentialsError, VersionedKeysInvalidError, TlsFileError, UsageError where FILE cannot be read or is no row
 */
export async function smoke({ url, sender, tls, account, json }: SmokeCommand, io: SmokeIo): Promise<boolean> {
  const batchIds = [newId(io), newId(io)] as const;
  const trials = [
    ...strangers({
      path: batchPath(sender?.stream ?? 'edgehouse_smoke'),
      certificateAlone: sender?.principal !== undefined,
    }),
    ...(sender === undefined ? [] : await batchesOf(sender, batchIds, io)),
  ];
  const results: CheckResult[] = [];
  if (url.startsWith('https:')) {
    results.push(...(await checkTls(url, tls === undefined ? undefined : await readTlsFiles(tls), io.now())));
  }
  const secured = tls === undefined ? undefined : await openMutualTlsFetch(tls);
  try {
    for (const trial of trials) results.push(await ask(url, trial, { ...io, fetch: secured?.fetch ?? io.fetch }));
  } finally {
    secured?.close();
  }
  if (account !== undefined) results.push(await checkRows(account, batchIds));
  if (json) io.out(smokeJson(url, results));
  else for (const line of describeSmoke(results, sender !== undefined)) io.out(line);
  return results.every(({ ok }) => ok);
}

/** The principal's own limit may refuse for a moment: batches follow each other here faster than its sender's do. */
async function ask(url: string, { request, ...check }: Trial, io: SmokeIo): Promise<CheckResult> {
  for (let tries = 1; ; tries++) {
    const result = await askApi(url, request, check, io.fetch);
    if (result.seen !== RATE_LIMITED || tries === MOST_TRIES) return result;
    await io.wait(1000);
  }
}

async function batchesOf(
  { file, credentials, principal, stream, source }: SmokeSender,
  [batchId, gzipId]: readonly [string, string],
  io: SmokeIo,
): Promise<readonly Trial[]> {
  const row = file === undefined ? rowOf(io.now()) : await readRow(file);
  const nowSeconds = Math.floor(io.now() / 1000);
  const text = await readCredentials(credentials, io.fetch);
  const { token, key, keyId } =
    principal === undefined ? parseCredentials(text, nowSeconds) : parsePrincipalKey(text, principal);
  const sign: SignBatch = (changes) =>
    batchRequest({
      stream,
      source,
      body: Buffer.from(JSON.stringify([row])),
      contentType: 'application/json',
      rows: 1,
      batchId: newId(io),
      token,
      key,
      keyId,
      nowSeconds,
      ...changes,
    });
  return [
    ...forgeries(sign, token),
    ...goodBatches(sign, row, batchId, gzipId),
    ...refusals(sign, row, nowSeconds, io.randomBytes(32)),
  ];
}

/** Whether what was sent, once or twice, is there once, by the ledger. */
async function checkRows(
  account: NonNullable<SmokeCommand['account']>,
  batchIds: readonly string[],
): Promise<CheckResult> {
  const { config } = await import('#config');
  const batches = await useDatabase(account, config.clickhouse.database, (database) =>
    openLedger(database).of(batchIds),
  );
  const sum = (member: 'stored' | 'duplicates' | 'missing') =>
    [...batches.values()].reduce((total, batch) => total + batch[member], 0);
  const seen = `${sum('stored')} stored, ${sum('duplicates')} twice, ${sum('missing')} missing`;
  return judge({ check: 'rows in ClickHouse', expected: ['2 stored, 0 twice, 0 missing'] }, seen);
}

/** Of `web_events`. */
function rowOf(now: number): Row {
  return { event_time: new Date(now).toISOString(), path: '/edgehouse-smoke' };
}

/** @throws UsageError */
async function readRow(file: string): Promise<Row> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(
      `FILE: ${describeFailure(cause)}. Expected one JSON object, a row that fits the stream. Check its path.`,
    );
  });
  try {
    return ROW.parse(JSON.parse(text));
  } catch {
    throw new UsageError('FILE: expected one JSON object, a row that fits the stream');
  }
}

function newId({ now, randomBytes }: SmokeIo): string {
  return uuidV7(now(), randomBytes(10));
}
