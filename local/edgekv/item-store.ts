import { type EdgeNetwork, MOST_ITEM_BYTES } from '../../functions/shared/edge-kv.ts';
import { type ItemAddress, nameFault } from '../../functions/shared/edge-kv-names.ts';
import { LateWrites } from './late-writes.ts';

/** EdgeKV would not take the write, as it stands. */
export class EdgeKvWriteError extends Error {
  override readonly name = 'EdgeKvWriteError';
  readonly code = 'EDGEKV_WRITE_REFUSED';
  readonly retryable = false;
}

/** How a look-up by the item's name alone ended. */
export type NameLookup =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'ambiguous' };

/** When a write is seen. */
export interface Lateness {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds from now until readers see a write that is made now; asked for each copy. */
  readonly delay: () => number;
  /**
   * Which of two copies answers a read. Each sees a write at a moment of its own, so that an old value may come after a new one.
   * @default there is one
   */
  readonly copy?: () => 0 | 1;
}

const AT_ONCE: Lateness = { clock: () => 0, delay: () => 0 };

/** Both networks' items, in memory. Namespaces and groups come into being with their first item. */
export class ItemStore {
  readonly #networks: Readonly<Record<EdgeNetwork, readonly [LateWrites, LateWrites]>> = {
    staging: [new LateWrites(), new LateWrites()],
    production: [new LateWrites(), new LateWrites()],
  };
  readonly #lateness: Lateness;

  /** @param lateness @default a write is seen at once */
  constructor(lateness: Lateness = AT_ONCE) {
    this.#lateness = lateness;
  }

  /** @throws EdgeKvWriteError for a name or a value that breaks a rule; the value is not in its message */
  put(network: EdgeNetwork, address: ItemAddress, value: string): void {
    const fault = nameFault(address);
    if (fault !== undefined) throw new EdgeKvWriteError(`${fault} Next: correct the name.`);
    const bytes = Buffer.byteLength(value);
    if (bytes > MOST_ITEM_BYTES) {
      throw new EdgeKvWriteError(
        `The value has ${bytes} bytes. Expected at most ${MOST_ITEM_BYTES}. Next: store less in one item.`,
      );
    }
    const { clock, delay, copy } = this.#lateness;
    const [first, second] = this.#networks[network];
    for (const writes of copy === undefined ? [first] : [first, second]) {
      writes.put(keyOf(address), value, clock() + delay());
    }
  }

  /** What was written last, whether readers see it yet or not. */
  newest(network: EdgeNetwork, address: ItemAddress): string | undefined {
    return this.#networks[network][0].newest(keyOf(address));
  }

  /** What readers find. */
  get(network: EdgeNetwork, address: ItemAddress): string | undefined {
    return this.#copyOf(network).shown(keyOf(address), this.#lateness.clock());
  }

  /** Finds an item by its name alone, in whichever namespace and group it lies. */
  findByName(network: EdgeNetwork, item: string): NameLookup {
    const writes = this.#copyOf(network);
    const [only, other] = [...writes.places()].filter((key) => key.split('/')[2] === item);
    if (other !== undefined) return { kind: 'ambiguous' };
    const value = only === undefined ? undefined : writes.shown(only, this.#lateness.clock());
    return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
  }

  /** The one that answers a read. */
  #copyOf(network: EdgeNetwork): LateWrites {
    return this.#networks[network][this.#lateness.copy?.() ?? 0];
  }
}

/** No name holds a slash. */
function keyOf({ namespace, group, item }: ItemAddress): string {
  return `${namespace}/${group}/${item}`;
}
