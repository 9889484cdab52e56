import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ADMIN_ROLE, type EnforcedAccount } from './compile-access.ts';
import type { CredentialTable } from './credential-table.ts';
import { describeError } from './describe-error.ts';
import type { EmbeddedEngine } from './open-engine.ts';
import { type FrontRequest, readRequest } from './read-request.ts';
import { type Job, receiveJob } from './receive-job.ts';
import { refuseFileFunction } from './refuse-file-function.ts';
import { isAlterUser, runAlterUser } from './run-alter-user.ts';
import { runInsert } from './run-insert.ts';
import { runQuery } from './run-query.ts';
import { sessionSetup } from './session-setup.ts';

export interface FrontOptions {
  readonly engine: EmbeddedEngine;
  readonly credentials: CredentialTable;
  /** A private directory, for the bodies of inserts. */
  readonly scratchDir: string;
}

/** The name by which this front is told from a server. */
const DISPLAY_NAME = 'edgehouse-embedded';

/** ClickHouse's HTTP interface over the embedded engine. Each request has a session of its own, as its account. */
export function createFront({ engine, credentials, scratchDir }: FrontOptions): Server {
  let requests = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-ClickHouse-Server-Display-Name', DISPLAY_NAME);
    response.setHeader('X-ClickHouse-Timezone', engine.timeZone);
    const { method = 'GET', url: target = '/', headers } = request;
    const url = new URL(target, 'http://localhost');
    if (url.pathname === '/ping') return plain(request, response, 200, 'Ok.\n');
    if (url.pathname !== '/') return plain(request, response, 404, `There is no handle ${url.pathname}\n`);
    if (method !== 'GET' && method !== 'POST')
      return plain(request, response, 405, `Method ${method} is not supported\n`);
    if (method === 'GET' && !url.searchParams.has('query')) return plain(request, response, 200, 'Ok.\n');
    // A path of its own for each body; of no use outside the private directory.
    const bodyPath = join(scratchDir, `body-${requests++}`);
    try {
      const asked = readRequest(method, url, headers);
      response.setHeader('X-ClickHouse-Query-Id', asked.queryId ?? randomUUID());
      const account = credentials.check(asked.user, asked.password);
      const job = await receiveJob(request, asked.query, bodyPath);
      if (!response.destroyed) await run(job, account, asked, bodyPath, response);
    } catch (error) {
      const { status, code, text } = describeError(error, engine.version, bodyPath);
      request.resume();
      // After an abort there is nobody to tell.
      if (response.headersSent || response.destroyed) return void response.destroy();
      const kind = { 'Content-Type': 'text/plain; charset=UTF-8', 'X-ClickHouse-Exception-Code': String(code) };
      response.writeHead(status, kind).end(text);
    } finally {
      rmSync(bodyPath, { force: true });
    }
  }

  async function run(
    job: Job,
    account: EnforcedAccount,
    asked: FrontRequest,
    bodyPath: string,
    response: ServerResponse,
  ): Promise<void> {
    const tag = randomUUID();
    const started = performance.now();
    const summary = (read: Counts, written: Counts = { rows: 0, bytes: 0 }) => summaryHeader(started, read, written);
    const session = engine.open();
    const abort = () => engine.kill(tag);
    response.once('close', abort);
    try {
      for (const statement of sessionSetup(account, asked, tag)) session.query(statement);
      if (!account.roles.includes(ADMIN_ROLE))
        refuseFileFunction(job.kind === 'query' ? job.query.text : job.insert.head);
      switch (job.kind) {
        case 'insert': {
          const counts = await runInsert(session, job.insert, bodyPath, job.coding);
          response.writeHead(200, {
            'Content-Type': 'text/plain; charset=UTF-8',
            'X-ClickHouse-Summary': summary(counts, counts),
          });
          response.end();
          return;
        }
        case 'query':
          if (isAlterUser(job.query)) {
            runAlterUser(session, job.query, account.roles.includes(ADMIN_ROLE), credentials);
            response.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8' }).end();
            return;
          }
          return await runQuery(session, job.query, { response, version: engine.version, ...asked, summary });
        default:
          return job satisfies never;
      }
    } finally {
      response.off('close', abort);
      session.close();
    }
  }

  // A keep-alive that ends before the client's idle time gives it ECONNRESET; 10 s did (measured). URLs hold queries: a server takes
  // them up to 1 MiB (`http_max_uri_size`).
  return createServer({ keepAliveTimeout: 75_000, maxHeaderSize: 1 << 20 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
}

interface Counts {
  readonly rows: number;
  readonly bytes: number;
}

function summaryHeader(started: number, read: Counts, written: Counts): string {
  return JSON.stringify({
    read_rows: String(read.rows),
    read_bytes: String(read.bytes),
    written_rows: String(written.rows),
    written_bytes: String(written.bytes),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(Math.round((performance.now() - started) * 1e6)),
  });
}

function plain(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  request.resume();
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text);
}
