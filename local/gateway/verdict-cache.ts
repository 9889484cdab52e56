/**
 * Answers of one authorizer, kept for its TTL under the values of its identity sources. Denials are kept as well as
 * permissions, and for every route that uses the authorizer (developer guide, "Caching authorizer responses").
 */
export class VerdictCache<V> {
  readonly #ttlMs: number;
  readonly #capacity: number;
  readonly #kept = new Map<string, { readonly verdict: V; readonly until: number }>();

  /**
   * @param ttlSeconds how long an answer serves; 0 keeps nothing
   * @param capacity answers kept at most; the one kept longest goes first
   */
  constructor(ttlSeconds: number, capacity: number) {
    this.#ttlMs = ttlSeconds * 1000;
    this.#capacity = capacity;
  }

  /** @param now milliseconds since the epoch; an answer serves while less than its TTL has passed */
  get(values: readonly string[], now: number): V | undefined {
    const key = keyOf(values);
    const entry = this.#kept.get(key);
    if (entry === undefined) return undefined;
    if (now < entry.until) return entry.verdict;
    this.#kept.delete(key);
    return undefined;
  }

  /** @param now milliseconds since the epoch, when the authorizer had answered */
  put(values: readonly string[], verdict: V, now: number): void {
    if (this.#ttlMs === 0) return;
    const key = keyOf(values);
    this.#kept.delete(key);
    this.#kept.set(key, { verdict, until: now + this.#ttlMs });
    if (this.#kept.size <= this.#capacity) return;
    const oldest = this.#kept.keys().next();
    if (!oldest.done) this.#kept.delete(oldest.value);
  }
}

/** JSON, so that no two lists of values share a key. */
function keyOf(values: readonly string[]): string {
  return JSON.stringify(values);
}
