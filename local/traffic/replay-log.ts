import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parseCombinedLine, type WebEvent } from '../log/combined-log.ts';
import { splitLines } from '../log/split-lines.ts';
import type { AskEdge } from './ask-edge.ts';
import { inParallel } from './in-parallel.ts';
import { type ClientBatch, postBatch } from './post-batch.ts';
import { REPLAYED_RESPONSE } from './site.ts';
import { addTo, refuse, type Tally } from './tally.ts';

/** `collect`: batches a visitor, as a page would post them. `request`: the requests of the log again, an event each. */
export const REPLAY_MODES = ['collect', 'request'] as const;
export type ReplayMode = (typeof REPLAY_MODES)[number];

export interface ReplayLogOptions {
  /** An access log in combined format. */
  readonly file: string;
  readonly mode: ReplayMode;
  readonly ask: AskEdge;
  /** Whose pages post the batches. */
  readonly origin: string;
  readonly tally: Tally;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Resolves when the pipeline can take one more event: a visitor does not wait for it, so a log sent as fast as it is read floods it. */
  readonly ready: (sent: number) => Promise<void>;
  /** Ends the replay early. */
  readonly signal: AbortSignal;
}

/** Bytes; a longer line is refused. */
const LONGEST_LINE = 1_000_000;
const MOST_EVENTS = 100;
/** Visitors whose events are held back for a fuller batch; the one that came first goes first. */
const MOST_VISITORS = 2_000;
/** Requests under way: enough to keep two processors busy. */
const WIDTH = { collect: 8, request: 16 } as const;

/** The request header from which the property sets the variable that gives an event the time of the log. */
export const EVENT_TIME_HEADER = 'x-event-time';

interface LogLine {
  readonly line: number;
  readonly event: WebEvent;
  readonly address: string;
}

/** Sends every line of a log through the edge; resolves when each has its answer. What cannot be sent is named in the tally. */
export async function replayLog(options: ReplayLogOptions): Promise<void> {
  const lines = readLog(options);
  if (options.mode === 'collect') {
    await inParallel(batchesOf(lines, options), WIDTH.collect, (batch) => postBatch(batch, options));
  } else {
    let sent = 0;
    await inParallel(lines, WIDTH.request, async (line) => {
      await options.ready(sent++);
      await requestAgain(line, options);
    });
  }
}

async function* readLog({ file, tally, signal }: ReplayLogOptions): AsyncGenerator<LogLine> {
  for await (const row of splitLines(createReadStream(file), LONGEST_LINE)) {
    if (signal.aborted) return;
    tally.events++;
    const parsed = row.kind === 'text' ? parseCombinedLine(row.text) : row;
    if (parsed.kind === 'event') yield { line: row.line, event: parsed.event, address: parsed.address };
    else refuse(tally, 'LINE_MALFORMED', 1, `line ${row.line}, ${parsed.reason}`);
  }
}

async function* batchesOf(
  lines: AsyncIterable<LogLine>,
  { tally, signal }: ReplayLogOptions,
): AsyncGenerator<ClientBatch> {
  const open = new Map<string, { readonly headers: Record<string, string>; readonly events: WebEvent[] }>();
  const take = (visitor: string): ClientBatch => {
    const { headers = {}, events = [] } = open.get(visitor) ?? {};
    open.delete(visitor);
    return { id: randomUUID(), headers, events };
  };
  for await (const { event, address } of lines) {
    const { visitor } = event;
    const batch = open.get(visitor) ?? { headers: visitorHeaders(event, address), events: [] };
    batch.events.push(event);
    open.set(visitor, batch);
    if (batch.events.length === MOST_EVENTS) yield take(visitor);
    const [first] = open.keys();
    if (open.size > MOST_VISITORS && first !== undefined) yield take(first);
  }
  for (const visitor of [...open.keys()]) {
    const batch = take(visitor);
    if (signal.aborted) refuse(tally, 'INTERRUPTED', batch.events.length);
    else yield batch;
  }
}

/** Asks for the page as the log has it; the site then answers with the status and size of the log. */
async function requestAgain({ line, event, address }: LogLine, { ask, tally }: ReplayLogOptions): Promise<void> {
  const { method, path, query, referrer, status, bytes, event_time } = event;
  // Akamai runs no event handler for it, unless the property says so (PMUSER_EW_ENABLE_OPTIONS).
  if (method === 'OPTIONS') refuse(tally, 'OPTIONS_NOT_HANDLED', 1, `line ${line}`);
  const target = query === null ? path : `${path}?${query}`;
  const headers = {
    ...visitorHeaders(event, address),
    ...(referrer === null ? {} : { referer: referrer }),
    [EVENT_TIME_HEADER]: event_time,
    [REPLAYED_RESPONSE]: `${status} ${bytes ?? '-'}`,
  };
  try {
    const answer = await ask({ method, target, headers });
    addTo(tally.answers, answer.status);
    if (answer.status !== status) refuse(tally, `HTTP_${answer.status}`, 1, `line ${line}`);
  } catch {
    refuse(tally, 'NO_ANSWER', 1, `line ${line}`);
  }
}

function visitorHeaders({ user_agent }: WebEvent, address: string): Record<string, string> {
  return { 'x-forwarded-for': address, ...(user_agent === null ? {} : { 'user-agent': user_agent }) };
}
