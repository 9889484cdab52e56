// The process of the embedded engine: started by start-engine.ts, and ended with it.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { CredentialTable } from './credential-table.ts';
import { type EngineFailure, EngineStartError } from './engine-errors.ts';
import type { EngineOptions } from './engine-options.ts';
import { createFront } from './front.ts';
import { type EmbeddedEngine, openEngine } from './open-engine.ts';
import { removeAbandoned } from './scratch-dir.ts';

/** What the parent sends once. Not by argument or environment, which other processes can read: it holds passwords. */
export interface StartMessage extends EngineOptions {
  /** The private directory for request bodies, made for this process. */
  readonly scratchDir: string;
}

/** What this process answers once. */
export type StartAnswer =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'failed'; readonly failure: EngineFailure };

// Requests under way when the process is told to stop.
const GRACE_MS = 5_000;

interface Front {
  readonly server: Server;
  readonly requests: ReadonlySet<Promise<unknown>>;
  readonly engine: EmbeddedEngine;
}

async function start(message: StartMessage): Promise<void> {
  const { scratchDir } = message;
  let front: Front | undefined;
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    if (front !== undefined) await close(front);
    await rm(scratchDir, { recursive: true, force: true });
    process.exit(code);
  };
  process.on('SIGTERM', () => void end(0));
  process.on('disconnect', () => void end(0));
  try {
    const { engine, access } = await openEngine(message, scratchDir);
    // The data directory is ours now, so whoever made these is gone.
    await removeAbandoned(scratchDir, message.dataDir);
    const server = createFront({ engine, credentials: new CredentialTable(access.accounts, Date.now), scratchDir });
    front = { server, requests: underWay(server), engine };
    answer({ kind: 'ready', port: await listen(server, message.port ?? 0) });
  } catch (error) {
    answer({ kind: 'failed', failure: failureOf(error) });
    await end(1);
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new EngineStartError({ code: 'PORT_BUSY', port }, { cause });
    }
    throw cause;
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function close({ server, engine, requests }: Front): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  const grace = new AbortController();
  await Promise.race([Promise.all(requests), setTimeout(GRACE_MS, undefined, { signal: grace.signal })]);
  grace.abort();
  // Connections without a request would hold the server open; cutting one that has a request kills its query.
  server.closeAllConnections();
  await closed;
  await engine.close();
}

/** The requests under way, each as a promise that it ends. */
function underWay(server: Server): ReadonlySet<Promise<unknown>> {
  const requests = new Set<Promise<unknown>>();
  server.on('request', (_request, response) => {
    const end: Promise<unknown> = new Promise<void>((ended) => response.once('close', ended)).then(() =>
      requests.delete(end),
    );
    requests.add(end);
  });
  return requests;
}

function failureOf(error: unknown): EngineFailure {
  if (error instanceof EngineStartError) return error.failure;
  return { code: 'ENGINE_START_FAILED', seen: error instanceof Error ? error.message : String(error) };
}

function answer(message: StartAnswer): void {
  process.send?.(message);
}

// Ctrl-C reaches the whole process group, and this process must outlive whoever still writes to it: the parent ends it.
process.on('SIGINT', () => undefined);
process.once('message', (message: StartMessage) => void start(message));
