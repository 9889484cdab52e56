import { randomUUID } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ReplayQueue } from '../../functions/replay/replay-queue.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { type DeadLetter, openDeadLetters } from './dead-letters.ts';
import { spoolNotification, sqsRecord } from './spool-message.ts';

/** The way from S3's notification over SQS to the replay function, in one process. Delivers at least once. */
export interface LocalReplayQueue extends ReplayQueue {
  /** Announces an object of the spool. */
  send(name: string): void;
  /** Announces what an earlier run left in the spool, but for what lies among the dead letters. Returns how many it announced. */
  resend(names: readonly string[]): number;
  /** Announces an object once more, which is no dead letter any longer. */
  revive(name: string): Promise<void>;
  /** Messages that are not done, those under way included. */
  waiting(): number;
  /** Objects that wait for a person, those of earlier runs included. */
  dead(): number;
  /** Resolves when nothing waits any more. What waits at `close()` waits for the next run. */
  drained(): Promise<void>;
  /** Delivers nothing more. Resolves when the deliveries under way have ended. */
  close(): Promise<void>;
}

export interface ReplayQueueOptions {
  /** The replay function. Messages that it names as failed come again; where it throws, all of them do. */
  readonly deliver: (event: SQSEvent) => Promise<SQSBatchResponse>;
  /** Made where it is not there; one file a dead letter. */
  readonly deadLetterDir: string;
  /** Most messages of one delivery. @default 10 */
  readonly batchSize?: number;
  /** Most deliveries at a time. @default 2 */
  readonly concurrency?: number;
  /** A message that failed this often is a dead letter. @default 100 */
  readonly mostReceives?: number;
  /** Tells a person what they should know. */
  readonly say: (message: string) => void;
  /** Calls back after so many milliseconds, unless what it returns is called before. @default setTimeout */
  readonly schedule?: (milliseconds: number, run: () => void) => () => void;
  /** @default Date.now */
  readonly clock?: Clock;
}

/** The receipt handle belongs to no message under way. */
export class ReceiptHandleError extends Error {
  override readonly name = 'ReceiptHandleError';
  readonly code = 'RECEIPT_HANDLE_INVALID';
  constructor() {
    super(
      'The receipt handle belongs to no message under way. Expected one of the current delivery. ' +
        'Postpone a message before answering for it.',
    );
  }
}

interface Message {
  readonly id: string;
  readonly name: string;
  readonly body: string;
  readonly sentAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
  /** How long it stays hidden if it fails. */
  retryMs: number;
}

const RETRY_MS = 1_000;

/** Messages live in memory only: after a crash they are made again from what lies in the spool (`resend`). */
export function createReplayQueue(options: ReplayQueueOptions): LocalReplayQueue {
  const { deliver, say, batchSize = 10, concurrency = 2, mostReceives = 100 } = options;
  const { schedule = scheduleTimeout, clock = Date.now } = options;
  const letters = openDeadLetters(options.deadLetterDir);
  const waiting = new Set<Message>();
  const visible: Message[] = [];
  const underWay = new Map<string, Message>();
  const deliveries = new Set<Promise<void>>();
  const hidden = new Set<() => void>();
  let drained: (() => void)[] = [];
  let sequence = 0;
  let closed = false;

  function show(message: Message): void {
    visible.push(message);
    // In a moment and not now, so that what is sent together is delivered together.
    queueMicrotask(fill);
  }

  function fill(): void {
    while (!closed && visible.length > 0 && deliveries.size < concurrency) {
      const delivery: Promise<void> = receive(visible.splice(0, batchSize)).finally(() => {
        deliveries.delete(delivery);
        fill();
      });
      deliveries.add(delivery);
    }
  }

  async function receive(batch: readonly Message[]): Promise<void> {
    const byHandle = batch.map((message): [string, Message] => {
      message.receives++;
      message.retryMs = RETRY_MS;
      return [`${message.id}.${message.receives}`, message];
    });
    for (const [handle, message] of byHandle) underWay.set(handle, message);
    const failed = await failedOf({ Records: byHandle.map(([handle, message]) => recordOf(message, handle)) });
    for (const [handle, message] of byHandle) {
      underWay.delete(handle);
      if (failed.has(message.id)) await again(message);
      else done(message);
    }
  }

  function recordOf(message: Message, receiptHandle: string) {
    message.firstReceivedAt ??= clock();
    return sqsRecord({ ...message, firstReceivedAt: message.firstReceivedAt, receiptHandle });
  }

  /** As Lambda reads the answer: one that names a message which was not delivered, or no answer at all, fails them all. */
  async function failedOf(event: SQSEvent): Promise<ReadonlySet<string>> {
    const all = new Set(event.Records.map(({ messageId }) => messageId));
    try {
      const { batchItemFailures } = await deliver(event);
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return [...failed].every((id) => all.has(id)) ? failed : all;
    } catch (error) {
      say(`A replay of ${all.size} spooled batches failed and comes again: ${messageOf(error)}`);
      return all;
    }
  }

  async function again(message: Message): Promise<void> {
    if (message.receives >= mostReceives && (await exhausted(message))) return done(message);
    if (closed) return;
    const cancel = schedule(message.retryMs, () => {
      hidden.delete(cancel);
      show(message);
    });
    hidden.add(cancel);
  }

  async function exhausted(message: Message): Promise<boolean> {
    try {
      await writeLetter(message, message.body, 'RECEIVES_EXHAUSTED');
      return true;
    } catch (error) {
      say(`A dead letter could not be written, its batch is replayed again: ${messageOf(error)}`);
      return false;
    }
  }

  async function writeLetter(message: Message | undefined, body: string, reason: DeadLetter['reason']): Promise<void> {
    const name = message?.name ?? null;
    await letters.write({ name, reason, receives: message?.receives ?? 0, at: new Date(clock()).toISOString() }, body);
    say(`A spooled batch waits for a person: ${name ?? 'a message without a name'}, ${reason}.`);
  }

  function done(message: Message): void {
    waiting.delete(message);
    if (waiting.size > 0) return;
    for (const resolve of drained) resolve();
    drained = [];
  }

  function send(name: string): void {
    const sentAt = clock();
    const body = spoolNotification(name, sentAt, ++sequence);
    const message = {
      id: randomUUID(),
      name,
      body,
      sentAt,
      receives: 0,
      firstReceivedAt: undefined,
      retryMs: RETRY_MS,
    };
    waiting.add(message);
    show(message);
  }

  return {
    send,
    resend(names) {
      const alive = names.filter((name) => !letters.has(name));
      for (const name of alive) send(name);
      return alive.length;
    },
    async revive(name) {
      await letters.remove(name);
      send(name);
    },
    async postpone(receiptHandle, seconds) {
      const message = underWay.get(receiptHandle);
      if (message === undefined) throw new ReceiptHandleError();
      message.retryMs = seconds * 1_000;
    },
    bury: (body, reason) =>
      writeLetter(
        [...underWay.values()].find((message) => message.body === body),
        body,
        reason,
      ),
    waiting: () => waiting.size,
    dead: () => letters.count(),
    drained: () => (waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))),
    async close() {
      closed = true;
      for (const cancel of hidden) cancel();
      hidden.clear();
      await Promise.all(deliveries);
    },
  };
}

function scheduleTimeout(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no error object';
}
