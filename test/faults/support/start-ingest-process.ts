import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BatchSpool } from '../../../functions/shared/batch-spool.ts';
import type { IngestOrder, IngestWord, SpoolAnswer, SpoolAsk } from './ingest-process.ts';
import { eventOf, type TestBatch } from './signed-batch.ts';

/** A container of ingest that can die. */
export interface IngestProcess {
  /** Rejects where the container dies before it answers. */
  send(batch: TestBatch): Promise<{ readonly status: number; readonly body: string }>;
  /** As `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/**
 * @param url origin of ClickHouse, as this container is to see it
 * @param secretFile where it finds its user and password
 * @param spool where the container's objects go; a step that rejects fails there
 */
export async function startIngestProcess(
  database: string,
  url: string,
  secretFile: string,
  spool: BatchSpool,
): Promise<IngestProcess> {
  const child = fork(fileURLToPath(new URL('./ingest-process.ts', import.meta.url)), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Bodies go over as bytes.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const waiting = new Map<number, PromiseWithResolvers<{ readonly status: number; readonly body: string }>>();
  const ready = Promise.withResolvers<void>();
  let sent = 0;

  function tell(order: IngestOrder): void {
    if (child.connected) child.send(order, () => undefined);
  }

  child.on('message', (word: IngestWord) => {
    switch (word.kind) {
      case 'ready':
        return ready.resolve();
      case 'answer':
        waiting.get(word.id)?.resolve({ status: word.status, body: word.body });
        return void waiting.delete(word.id);
      case 'spool':
        return void answerSpool(spool, word.ask).then((answer) => tell({ kind: 'spooled', id: word.id, answer }));
    }
  });
  child.on('exit', () => {
    const died = new Error('The container died.');
    ready.reject(died);
    for (const { reject } of waiting.values()) reject(died);
    waiting.clear();
  });
  tell({ kind: 'open', database, url, secretFile });
  await ready.promise;

  return {
    async send(batch) {
      if (!child.connected) throw new Error('The container is dead.');
      const id = ++sent;
      const answer = Promise.withResolvers<{ readonly status: number; readonly body: string }>();
      waiting.set(id, answer);
      tell({ kind: 'send', id, event: eventOf(batch, Date.now()) });
      return answer.promise;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function answerSpool(spool: BatchSpool, ask: SpoolAsk): Promise<SpoolAnswer> {
  const signal = AbortSignal.timeout(10_000);
  try {
    switch (ask.step) {
      case 'create':
        return { kind: 'done', created: await spool.create(ask.name, ask.bytes, signal) };
      case 'replace':
        await spool.replace(ask.name, ask.bytes, signal);
        return { kind: 'done' };
      case 'read': {
        const bytes = await spool.read(ask.name, signal);
        return bytes === undefined ? { kind: 'done' } : { kind: 'done', bytes };
      }
      case 'remove':
        await spool.remove(ask.name, signal);
        return { kind: 'done' };
    }
  } catch {
    return { kind: 'failed' };
  }
}
