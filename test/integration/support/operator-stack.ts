import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config } from '#config';
import type { CommandIo } from '../../../cli/command-io.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { compileAccess } from '../../../config/grants.ts';
import type { Config } from '../../../config/schema.ts';
import { sqlUsers } from '../../../config/sql-users.ts';
import { type SupervisedEngine, superviseEngine } from '../../../local/clickhouse/supervise-engine.ts';
import { type Stack, startStack } from '../../../local/start-stack.ts';
import { type FaultProxy, ROWS_INSERT, reset, startFaultProxy } from '../../faults/support/fault-proxy.ts';
import { patientConfig } from '../../faults/support/patient-config.ts';
import { synthesizeTemplate } from './synthesize-template.ts';

/** A local stack whose ClickHouse knows the operator's account, and fails when a test wants it to. */
export interface OperatorStack {
  readonly stack: Stack;
  readonly engine: SupervisedEngine;
  /** Between the stack and ClickHouse; the operator goes around it. */
  readonly proxy: FaultProxy;
  readonly dataDir: string;
  /** Puts the clock of everything forward. */
  wait(milliseconds: number): void;
  readonly now: () => number;
  /** From now on ClickHouse takes no row. */
  outage(): void;
  /** ClickHouse takes rows again, and ingest asks it. */
  over(): void;
  /** Runs the command line as the operator; `as` is another account of ClickHouse. */
  run(args: readonly string[], options?: RunOptions): Promise<CommandRun>;
  /** Sends rows as an EdgeWorker. @returns the batch's id */
  send(rows: readonly object[], edgeWorker?: number): Promise<string>;
  /** Asks ClickHouse as its administrator. */
  admin(sql: string): Promise<string>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly as?: string;
  readonly input?: string;
  readonly io?: Partial<CommandIo>;
}

export interface CommandRun {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export const PASSWORD = 'only-for-this-test';
const USERS = sqlUsers(config);
/** So that a busy machine spools nothing by itself. */
const PATIENCE_MS = 8_000;
/** Longer than ingest leaves ClickHouse alone after a failure. */
const BREAKER_MS = 31_000;
export const OPERATOR = USERS.operator;
export const ANALYST = USERS.readers['analyst'] ?? '';

/** @param used what the stack is told; the commands read the shipped one */
export async function startOperatorStack(used: Config = config): Promise<OperatorStack> {
  const folder = mkdtempSync(join(tmpdir(), 'edgehouse-operate-'));
  const dataDir = join(folder, 'stack');
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const users = ['admin', OPERATOR, ...Object.values(sqlUsers(used).readers)];
  const accounts = users.map((user) => ({ user, password: PASSWORD, admin: user === 'admin' }));
  const engine = await superviseEngine(
    { dataDir: join(folder, 'clickhouse'), accounts, accessSql: compileAccess(used) },
    () => undefined,
  );
  const proxy = await startFaultProxy(engine.url);
  const stack = await startStack({
    config: patientConfig(used, PATIENCE_MS),
    dataDir,
    clickhouseUrl: proxy.url.replace('//', `//admin:${PASSWORD}@`),
    template: () => synthesizeTemplate(used),
    clock: now,
    say: () => undefined,
  });

  async function run(args: readonly string[], { as = OPERATOR, input = '', io = {} }: RunOptions = {}) {
    const [out, err]: [string[], string[]] = [[], []];
    const env = { EDGEHOUSE_CLICKHOUSE_USER: as, EDGEHOUSE_CLICKHOUSE_PASSWORD: PASSWORD };
    const status = await runCli(args, env, {
      stdin: (async function* () {
        yield Buffer.from(input);
      })(),
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      interrupted: () => new AbortController().signal,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      fetch,
      now,
      random: Math.random,
      wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
      ...io,
    });
    return { status, out, err };
  }

  return {
    stack,
    engine,
    proxy,
    dataDir,
    now,
    run,
    wait: (milliseconds) => {
      ahead += milliseconds;
    },
    outage: () => proxy.set(ROWS_INSERT, reset),
    over: () => {
      proxy.clear();
      ahead += BREAKER_MS;
    },
    async send(rows, edgeWorker = 12345) {
      const input = rows.map((row) => JSON.stringify(row)).join('\n');
      const { out } = await run(['send', '--stream', 'web_events', ...sender(stack, edgeWorker)], { input });
      return out[0]?.split(' ')[0] ?? '';
    },
    async admin(sql) {
      const headers = { 'X-ClickHouse-User': 'admin', 'X-ClickHouse-Key': PASSWORD };
      const answer = await fetch(`${engine.url}/?mutations_sync=2`, { method: 'POST', headers, body: sql });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return text.trim();
    },
    async close() {
      await stack.stop();
      await proxy.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `--api`, `--credentials` and `--source` of an EdgeWorker. */
export function sender({ ready }: Pick<Stack, 'ready'>, edgeWorker = 12345): readonly string[] {
  const item = ready.edgekvItem.replace(/\d+$/, String(edgeWorker));
  return ['--api', ready.api, '--credentials', item, '--source', ready.source.replace(/\d+/, String(edgeWorker))];
}

/** What a table of reconcile counts for a principal, by the names in its head. */
export function counts(out: readonly string[], principal = 'web-edge'): Readonly<Record<string, number>> {
  const [head = '', ...lines] = out;
  const row = lines.find((line) => line.includes(` ${principal} `)) ?? '';
  const [names, values] = [head, row].map((line) => line.split(/ +/).slice(2));
  return Object.fromEntries((names ?? []).map((name, at) => [name, Number(values?.[at])]));
}
