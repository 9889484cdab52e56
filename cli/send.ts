import { createReadStream } from 'node:fs';
import { createCredentialsReader, parseCredentials, parsePrincipalKey } from '../local/credentials.ts';
import type { Refusal } from './api-answer.ts';
import type { CommandIo } from './command-io.ts';
import { readCredentials } from './credentials-place.ts';
import { makeBatches } from './make-batches.ts';
import { openMutualTlsFetch } from './mutual-tls-fetch.ts';
import type { SendCommand } from './parse-command.ts';
import { readRows } from './read-rows.ts';
import { type Destination, sendBatch } from './send-batch.ts';
import {
  addRefusedLine,
  addResult,
  describeResult,
  describeTotals,
  NOTHING_SENT,
  SHOWN_LINES,
  wasAllTaken,
} from './send-report.ts';
import { sendRows } from './send-rows.ts';
import { uuidV7 } from './uuid-v7.ts';

/** Below the 4.5 MB that ingest takes as sent, also where gzip makes it a little longer. */
const MOST_BODY_BYTES = 4_000_000;

/** The API said that it takes no batch of this sender. */
export class SendStoppedError extends Error {
  override readonly name = 'SendStoppedError';
  readonly code: string;

  constructor({ status, code, detail, next }: Refusal) {
    super(`${status}: ${[detail, next].filter((part) => part !== '').join('. ')}`);
    this.code = code ?? 'API_REFUSED';
  }
}

/**
 * `edgehouse send`: one line a batch, and the totals last, also when it ends early.
 *
 * @returns whether all of the input was taken
 * @throws CredentialsError, VersionedKeysInvalidError, TlsFileError, SendStoppedError, and what reading the input throws
 */
export async function send(command: SendCommand, io: CommandIo): Promise<boolean> {
  const { principal, tls } = command;
  const secured = tls === undefined ? undefined : await openMutualTlsFetch(tls);
  const ports = secured === undefined ? io : { ...io, fetch: secured.fetch };
  const destination: Destination = {
    api: command.api,
    stream: command.stream,
    source: command.source,
    contentType: command.format === 'csv' ? 'text/csv' : 'application/x-ndjson',
    gzip: command.gzip,
    credentials: createCredentialsReader(
      () => readCredentials(command.credentials, io.fetch),
      io.now,
      principal === undefined ? parseCredentials : (text) => parsePrincipalKey(text, principal),
    ),
  };
  const started = io.now();
  let totals = NOTHING_SENT;
  const input = command.file === '-' ? io.stdin : readFileChunks(command.file);
  const batches = makeBatches(
    readRows(input, command.format),
    { rows: command.batch, bytes: MOST_BODY_BYTES },
    () => uuidV7(io.now(), io.randomBytes(10)),
    ({ line, reason }) => {
      totals = addRefusedLine(totals);
      if (totals.refusedLines <= SHOWN_LINES) io.err(`line ${line} refused: ${reason}`);
    },
  );
  try {
    // Before the input is read: without credentials nothing of it could be sent.
    await destination.credentials.current();
    const refusal = await sendRows({
      batches,
      concurrency: command.concurrency,
      send: (batch) => sendBatch(batch, destination, ports),
      onResult: (batch, result) => {
        totals = addResult(totals, batch, result);
        for (const line of describeResult(batch, result)) io.out(line);
      },
    });
    if (refusal !== undefined) throw new SendStoppedError(refusal);
  } finally {
    secured?.close();
    io.out(describeTotals(totals, io.now() - started));
  }
  return wasAllTaken(totals);
}

/** Opened with the first chunk: a stream made ahead of its use would fail with nobody listening. */
async function* readFileChunks(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 256 * 1024 });
}
