import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type EngineFailure, EngineStartError } from './engine-errors.ts';
import type { EngineOptions } from './engine-options.ts';
import type { StartAnswer, StartMessage } from './engine-process.ts';
import { chooseScratchRoot, makeScratchDir } from './scratch-dir.ts';

export type { Account, EngineOptions } from './engine-options.ts';

/** An embedded ClickHouse that answers over HTTP, in a process of its own. */
export interface Engine {
  /** Origin, `http://127.0.0.1:port`. */
  readonly url: string;
  /** Of its process. */
  readonly pid: number | undefined;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<unknown>;
  /** The private directory of the process. It stays behind where the process is killed, until `removeScratch` or the next start. */
  removeScratch(): Promise<void>;
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
 * @param signal stops the engine when it aborts, also one that is still starting
 * @throws EngineStartError with `code`: `PORT_BUSY`, `DATA_DIR_BUSY`, `ACCESS_SQL_REFUSED`, `ENGINE_PLATFORM_UNSUPPORTED` or
 * `ENGINE_START_FAILED`
 */
export async function startEngine(options: EngineOptions, signal?: AbortSignal): Promise<Engine> {
  // Made here and not by the process, so that somebody is left to remove it.
  const scratchDir = await makeScratchDir(await chooseScratchRoot(tmpdir()), options.dataDir);
  const removeScratch = () => rm(scratchDir, { recursive: true, force: true });
  // A process and not a worker thread: in one, the engine hangs or crashes (measured, chdb 3.4).
  const child = fork(fileURLToPath(new URL('./engine-process.ts', import.meta.url)), [], {
    // Each running query holds a thread of the pool, 4 by default. Dates without a zone are read in the process's. Nothing else: what
    // is in this process's environment, credentials for one, is no business of an engine that runs SQL.
    env: { UV_THREADPOOL_SIZE: '32', TZ: 'UTC' },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const said = tail(child.stderr);
  const closed = once(child, 'close');
  const gone = closed.catch(() => undefined);
  child.send({ ...options, scratchDir } satisfies StartMessage);
  const stop = async () => {
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await gone;
    clearTimeout(impatience);
  };
  stopOn(signal, stop, gone);
  const answer = await firstAnswer(child, closed);
  if (answer.kind === 'failed') {
    await gone;
    await removeScratch();
    throw new EngineStartError(withReason(answer.failure, options.dataDir, said()));
  }
  child.stderr?.pipe(process.stderr, { end: false });
  return {
    url: `http://127.0.0.1:${answer.port}`,
    pid: child.pid,
    ended: gone,
    removeScratch,
    stop,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function stopOn(signal: AbortSignal | undefined, stop: () => Promise<void>, gone: Promise<unknown>): void {
  if (signal?.aborted) return void stop();
  const onAbort = () => void stop();
  signal?.addEventListener('abort', onAbort);
  void gone.then(() => signal?.removeEventListener('abort', onAbort));
}

async function firstAnswer(child: ChildProcess, closed: Promise<unknown>): Promise<StartAnswer> {
  const answered: Promise<StartAnswer> = once(child, 'message').then(([answer]) => answer);
  const ended = closed.then(() => failed(`its process ended with ${child.signalCode ?? `code ${child.exitCode}`}`));
  return Promise.race([answered, ended]).catch((error: Error) => failed(`its process could not run: ${error.message}`));
}

function failed(seen: string): StartAnswer {
  return { kind: 'failed', failure: { code: 'ENGINE_START_FAILED', seen } };
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
