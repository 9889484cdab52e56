/** What the senders themselves know: the list against which the ledger is held. */
export interface Tally {
  /** Events that there were to send, the refused ones included. */
  events: number;
  /** Events that were told no, and why: by a code where somebody answered. */
  readonly refused: Map<string, number>;
  /** Lines of a log that could not become an event, or were refused; the first 100. */
  readonly named: string[];
  /** Answers of the collector by status. */
  readonly answers: Map<number, number>;
}

export function createTally(): Tally {
  return { events: 0, refused: new Map(), named: [], answers: new Map() };
}

export function countRefused({ refused }: Tally): number {
  return [...refused.values()].reduce((sum, count) => sum + count, 0);
}

export function addTo<K>(counts: Map<K, number>, key: K, more = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

const MOST_NAMED = 100;

export function refuse(tally: Tally, code: string, events: number, name?: string): void {
  addTo(tally.refused, code, events);
  if (name !== undefined && tally.named.length < MOST_NAMED) tally.named.push(`${name}: ${code}`);
}
