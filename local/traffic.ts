import { randomUUID } from 'node:crypto';
import { batchRequest } from '../functions/shared/batch-request.ts';
import { createCredentialsReader } from './credentials.ts';
import type { ReadyLine } from './start-stack.ts';
import { type VisitorEvent, visits } from './visitors.ts';

/** What became of the traffic so far. */
export interface TrafficCounts {
  events: number;
  stored: number;
  quarantined: number;
  /** Events of batches that were refused or not taken. */
  refused: number;
  /** Milliseconds from an event to the answer that says it is stored; the last 10,000 batches. */
  readonly freshnessMs: number[];
}

/** Batches a second: enough to see the pipeline move, little enough to leave the machine alone. */
const BATCHES_PER_SECOND = 20;
const KEPT_SAMPLES = 10_000;

/** Sends seeded visitors' events through the API until stopped. */
export function startTraffic(ready: ReadyLine, seed: number) {
  const counts: TrafficCounts = { events: 0, stored: 0, quarantined: 0, refused: 0, freshnessMs: [] };
  const source = visits(seed, Date.now);
  const running = new Set<Promise<void>>();
  const credentials = createCredentialsReader(async () => (await fetch(ready.edgekvItem)).text(), Date.now);
  let tokenExpires: number | undefined;

  async function send(events: readonly VisitorEvent[]): Promise<void> {
    const born = Date.now();
    counts.events += events.length;
    const { token, key, keyId, exp } = await credentials.current();
    tokenExpires = exp;
    const { path, headers, body } = batchRequest({
      stream: 'web_events',
      body: Buffer.from(JSON.stringify(events)),
      contentType: 'application/json',
      rows: events.length,
      batchId: randomUUID(),
      source: ready.source,
      token,
      key,
      keyId,
      nowSeconds: Math.floor(born / 1000),
    });
    const answer = await fetch(`${ready.api}${path}`, { method: 'POST', headers, body: Buffer.from(body) });
    const receipt: unknown = await answer.json();
    const [accepted, quarantined] = [numberIn(receipt, 'accepted'), numberIn(receipt, 'quarantined')];
    counts.stored += accepted;
    counts.quarantined += quarantined;
    counts.refused += events.length - accepted - quarantined;
    if (answer.status === 200) counts.freshnessMs.push(Date.now() - born);
    if (counts.freshnessMs.length > KEPT_SAMPLES) counts.freshnessMs.shift();
  }

  const pace = setInterval(() => {
    const events = source.next().value;
    const sending = send(events)
      .catch(() => {
        counts.refused += events.length;
      })
      .finally(() => running.delete(sending));
    running.add(sending);
  }, 1000 / BATCHES_PER_SECOND);

  return {
    counts,
    secondsOfToken: () => (tokenExpires === undefined ? undefined : Math.round(tokenExpires - Date.now() / 1000)),
    /** Resolves when every batch under way has its answer. */
    async stop() {
      clearInterval(pace);
      await Promise.all(running);
    },
  };
}

function numberIn(receipt: unknown, name: string): number {
  if (typeof receipt !== 'object' || receipt === null) return 0;
  const value = new Map<string, unknown>(Object.entries(receipt)).get(name);
  return typeof value === 'number' ? value : 0;
}
