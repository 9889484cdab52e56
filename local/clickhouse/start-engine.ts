import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type EngineFailure, EngineStartError } from './engine-errors.ts';
import type { EngineOptions } from './engine-options.ts';
import type { StartAnswer, StartMessage } from './engine-process.ts';
import { chooseScratchRoot } from './scratch-dir.ts';

export type { Account, EngineOptions } from './engine-options.ts';

/** An embedded ClickHouse that answers over HTTP, in a process of its own. */
export interface Engine {
  /** Origin, `http://127.0.0.1:port`. */
  readonly url: string;
  /** Lets requests under way end, for at most 5 s, then ends the process. */
  stop(): Promise<void>;
  /** Ends the process as a crash would (SIGKILL). Resolves when it is gone, and its port and data directory are free. */
  kill(): Promise<void>;
}

// Longer than the process takes by itself to let requests end.
const STOP_PATIENCE_MS = 10_000;
const STDERR_TAIL_CHARS = 4_000;

/**
 * Starts the embedded ClickHouse (chdb) behind ClickHouse's HTTP interface, on loopback. It ends with the process that called this.
 *
 * @throws EngineStartError with `code`: `PORT_BUSY`, `DATA_DIR_BUSY`, `ACCESS_SQL_REFUSED`, `ENGINE_PLATFORM_UNSUPPORTED` or
 * `ENGINE_START_FAILED`
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const scratchRoot = await chooseScratchRoot(tmpdir());
  // A process and not a worker thread: in one, the engine hangs or crashes (measured, chdb 3.4).
  const child = fork(fileURLToPath(new URL('./engine-process.ts', import.meta.url)), [], {
    // Each running query holds a thread of the pool, 4 by default. Dates without a zone are read in the process's. Nothing else: what
    // is in this process's environment, credentials for one, is no business of an engine that runs SQL.
    env: { UV_THREADPOOL_SIZE: '32', TZ: 'UTC' },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const said = tail(child.stderr);
  const gone = once(child, 'close');
  child.send({ ...options, scratchRoot } satisfies StartMessage);
  const answer = await firstAnswer(child, gone);
  if (answer.kind === 'failed') {
    await gone;
    throw new EngineStartError(withReason(answer.failure, options.dataDir, said()));
  }
  child.stderr?.pipe(process.stderr, { end: false });
  return {
    url: `http://127.0.0.1:${answer.port}`,
    async stop() {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      await gone;
      clearTimeout(impatience);
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function firstAnswer(child: ChildProcess, gone: Promise<unknown>): Promise<StartAnswer> {
  const answered: Promise<StartAnswer> = once(child, 'message').then(([answer]) => answer);
  const ended = gone.then((): StartAnswer => {
    const how = child.signalCode ?? `code ${child.exitCode}`;
    return { kind: 'failed', failure: { code: 'ENGINE_START_FAILED', seen: `its process ended with ${how}` } };
  });
  return Promise.race([answered, ended]);
}

/** The engine tells its reasons to stderr only. */
function withReason(failure: EngineFailure, dataDir: string, said: string): EngineFailure {
  if (failure.code !== 'ENGINE_START_FAILED') return failure;
  if (said.includes('Another server instance in same directory')) return { code: 'DATA_DIR_BUSY', dataDir };
  return said === '' ? failure : { ...failure, seen: `${failure.seen}; it said: ${said}` };
}

/** Keeps the last of what a stream says. */
function tail(stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-STDERR_TAIL_CHARS);
  });
  return () => text.trim();
}
