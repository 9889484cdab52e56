import { openAuditLines, type ReadAuditLines } from './audit-lines.ts';
import type { CommandIo } from './command-io.ts';
import { describeFailure } from './describe-failure.ts';
import { type OperatorDatabase, useDatabase } from './operator-database.ts';
import type { TailCommand } from './tail-command.ts';
import { MOST_LINES, type TailLine, tailRefusedBatches, tailRefusedRows, tailRows } from './tail-lines.ts';
import { relationFor } from './tail-relation.ts';

type TailIo = Pick<CommandIo, 'out' | 'err' | 'now' | 'wait' | 'interrupted'>;

/** The quota of a reader is 10,000 queries an hour, that of the operator 1,000 (config/access-limits.ts). */
const READER_PERIOD_MS = 2_000;
const OPERATOR_PERIOD_MS = 4_000;
/** CloudWatch Logs shows a line so much later. */
const LATE_LINES_MS = 120_000;
/** Ctrl-C is heard so soon. */
const SLICE_MS = 250;

/**
 * `edgehouse tail`: rows of a stream as they are stored, or with `--errors` what is refused of it, until Ctrl-C. Only what comes from
 * now on: what the spool gives later counts as of when it was received, and is not shown.
 *
 * @throws StreamUnreadableError
 */
export async function tail({ stream, account, errors, place }: TailCommand, io: TailIo): Promise<void> {
  const { config } = await import('#config');
  const { relation, isReader } = relationFor(account.user, stream, config);
  const interrupted = io.interrupted();
  const auditLines = errors ? await openAuditLines(place, config.regions) : undefined;
  await useDatabase(account, config.clickhouse.database, async (database) => {
    const since = await clockOf(database);
    const started = io.now();
    const readAudit = tolerant(auditLines, io);
    const print = onceEach(io);
    const linesSince = () => Math.max(since, since + io.now() - started - LATE_LINES_MS);
    while (!interrupted.aborted) {
      const lines = errors
        ? [
            ...(await tailRefusedRows(database, stream, since)),
            ...(await readAudit((read) => tailRefusedBatches(read, stream, linesSince()))),
          ]
        : await tailRows(database, relation, since);
      print(lines);
      const period = isReader ? READER_PERIOD_MS : OPERATOR_PERIOD_MS;
      for (let waited = 0; waited < period && !interrupted.aborted; waited += SLICE_MS) await io.wait(SLICE_MS);
    }
  });
}

/** By the server's clock, because nobody knows how this machine's is set. */
async function clockOf(database: OperatorDatabase): Promise<number> {
  const [clock] = await database.rows<{ readonly now: number }>(
    'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS now',
  );
  return clock?.now ?? 0;
}

/** Who may read ClickHouse need not be one who may read the log: then refused batches are not shown, and it is said once. */
function tolerant(auditLines: ReadAuditLines | undefined, io: TailIo) {
  let readable = auditLines;
  return async (ask: (read: ReadAuditLines) => Promise<readonly TailLine[]>): Promise<readonly TailLine[]> => {
    try {
      return readable === undefined ? [] : await ask(readable);
    } catch (error) {
      readable = undefined;
      io.err(`refused batches are not shown: ${describeFailure(error)}`);
      return [];
    }
  };
}

/** Prints what it has not printed yet, in the order of its times. Each look goes back a little, for rows become readable late. */
function onceEach(io: TailIo): (lines: readonly TailLine[]) => void {
  let shown: ReadonlySet<string> = new Set();
  return (lines) => {
    const fresh = lines.filter(({ key }) => !shown.has(key));
    if (fresh.length >= MOST_LINES) io.err(`more than ${MOST_LINES} at a time: the newest are shown`);
    for (const { text } of fresh.toSorted((one, other) => (one.at < other.at ? -1 : 1))) io.out(text);
    shown = new Set(lines.map(({ key }) => key));
  };
}
