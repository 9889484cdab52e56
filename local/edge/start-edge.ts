import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { checkOptions } from './check-options.ts';
import { EdgeError } from './edge-errors.ts';
import type { Edge, EdgeOptions, EdgeReport } from './edge-options.ts';
import type { EdgeAnswer, EdgeMessage } from './edge-process.ts';

export type { Edge, EdgeOptions, EdgeProperty, EdgeReport, EdgeRule, HandlerReport } from './edge-options.ts';

// Longer than the process takes by itself to let requests end.
const STOP_PATIENCE_MS = 10_000;

/**
 * Starts an edge server that runs EdgeWorkers on loopback, under Akamai's limits. A process of its own: it needs Node's module contexts
 * (`--experimental-vm-modules`), and a bundle that loops holds nothing else up. It ends with the process that called this.
 *
 * @throws EdgeError with `code`: `OPTION_INVALID`, `BUNDLE_REFUSED`, `PORT_BUSY` or `EDGE_START_FAILED`
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  checkOptions(options);
  const child = fork(fileURLToPath(new URL('./edge-process.ts', import.meta.url)), [], {
    // Code of bundles runs there: what is in this process's environment is no business of theirs.
    env: { TZ: 'UTC' },
    execArgv: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'close');
  tell(child, { kind: 'start', options });
  const answer = await nextAnswer(child, gone);
  switch (answer.kind) {
    case 'failed':
      await gone;
      throw new EdgeError(answer.failure);
    case 'report':
      throw new TypeError('the edge reported before it was ready');
    case 'ready':
      return {
        url: answer.url,
        // Where the process fails otherwise, the next report says so.
        gone: gone.then(
          () => undefined,
          () => undefined,
        ),
        report: askInTurn(child, gone),
        stop: () => stop(child, gone),
      };
    default:
      return answer satisfies never;
  }
}

/** One question at a time, so that each gets its own answer. */
function askInTurn(child: ChildProcess, gone: Promise<unknown>): () => Promise<EdgeReport> {
  const ask = async (): Promise<EdgeReport> => {
    if (!child.connected) throw new EdgeError({ code: 'EDGE_GONE', seen: howEnded(child) });
    tell(child, { kind: 'report' });
    const answer = await nextAnswer(child, gone);
    if (answer.kind !== 'report') throw new EdgeError({ code: 'EDGE_GONE', seen: howEnded(child) });
    return answer.report;
  };
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const answer = last.then(ask, ask);
    last = answer;
    return answer;
  };
}

async function nextAnswer(child: ChildProcess, gone: Promise<unknown>): Promise<EdgeAnswer> {
  const answered: Promise<EdgeAnswer> = once(child, 'message').then(([answer]) => answer);
  const ended = gone.then(
    (): EdgeAnswer => ({ kind: 'failed', failure: { code: 'EDGE_START_FAILED', seen: howEnded(child) } }),
  );
  return Promise.race([answered, ended]);
}

async function stop(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await gone;
  clearTimeout(impatience);
}

function howEnded(child: ChildProcess): string {
  return `its process ended with ${child.signalCode ?? `code ${child.exitCode}`}`;
}

function tell(child: ChildProcess, message: EdgeMessage): void {
  child.send(message);
}
