import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineOptions } from '../../../local/clickhouse/engine-options.ts';
import type { TimedEngineAnswer, TimedEngineOrder } from './timed-engine-process.ts';

/** The embedded ClickHouse as it is, but for the clock by which its passwords expire. */
export interface TimedEngine {
  /** Origin of its front. */
  readonly url: string;
  /** All that its process has written to its output and errors. */
  readonly output: () => string;
  /** Milliseconds since the epoch. */
  setTime(now: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startTimedEngine(options: Omit<EngineOptions, 'dataDir'>, now: number): Promise<TimedEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-timed-'));
  const child = fork(fileURLToPath(new URL('./timed-engine-process.ts', import.meta.url)), [], {
    env: { UV_THREADPOOL_SIZE: '32', TZ: 'UTC' },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => void written.push(text));
  }
  function ask(order: TimedEngineOrder): Promise<TimedEngineAnswer> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('The engine of the test ended.'));
      child.once('exit', ended);
      child.once('message', (message: TimedEngineAnswer) => {
        child.off('exit', ended);
        resolve(message);
      });
      child.send(order);
    });
  }
  const ready = await ask({ kind: 'start', options: { ...options, dataDir: join(folder, 'data') }, now });
  return {
    url: ready.kind === 'ready' ? ready.url : '',
    output: () => written.join(''),
    setTime: async (time) => void (await ask({ kind: 'time', now: time })),
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
