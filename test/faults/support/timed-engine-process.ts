// The embedded ClickHouse of a test that sets its clock: started by timed-engine.ts, and ended with it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialTable } from '../../../local/clickhouse/credential-table.ts';
import type { EngineOptions } from '../../../local/clickhouse/engine-options.ts';
import { createFront } from '../../../local/clickhouse/front.ts';
import { openEngine } from '../../../local/clickhouse/open-engine.ts';
import { listen } from '../../../local/listen.ts';

/** Either where to start, or the time that it is from now on, in milliseconds since the epoch. */
export type TimedEngineOrder =
  | { readonly kind: 'start'; readonly options: EngineOptions; readonly now: number }
  | { readonly kind: 'time'; readonly now: number };

/** The origin of the front, or that the time is set. */
export type TimedEngineAnswer = { readonly kind: 'ready'; readonly url: string } | { readonly kind: 'set' };

let now = 0;

async function obey(order: TimedEngineOrder): Promise<TimedEngineAnswer> {
  now = order.now;
  if (order.kind === 'time') return { kind: 'set' };
  const scratchDir = join(order.options.dataDir, '..', 'scratch');
  await mkdir(scratchDir);
  const { engine, access } = await openEngine(order.options, scratchDir);
  const credentials = new CredentialTable(access.accounts, () => now);
  return { kind: 'ready', url: await listen(createFront({ engine, credentials, scratchDir }), 0) };
}

process.on('message', (order: TimedEngineOrder) => void obey(order).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
