import { type EdgeNetwork, MOST_ITEM_BYTES } from '../../functions/shared/edge-kv.ts';
import { type ItemAddress, nameFault } from '../../functions/shared/edge-kv-names.ts';

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

/** Both networks' items, in memory. Namespaces and groups come into being with their first item. */
export class ItemStore {
  readonly #networks: Readonly<Record<EdgeNetwork, Map<string, string>>> = {
    staging: new Map(),
    production: new Map(),
  };

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
    this.#networks[network].set(keyOf(address), value);
  }

  get(network: EdgeNetwork, address: ItemAddress): string | undefined {
    return this.#networks[network].get(keyOf(address));
  }

  /** Finds an item by its name alone, in whichever namespace and group it lies. */
  findByName(network: EdgeNetwork, item: string): NameLookup {
    const found = [...this.#networks[network]].filter(([key]) => key.split('/')[2] === item);
    const [only] = found;
    if (only === undefined) return { kind: 'missing' };
    return found.length > 1 ? { kind: 'ambiguous' } : { kind: 'value', value: only[1] };
  }
}

/** No name holds a slash. */
function keyOf({ namespace, group, item }: ItemAddress): string {
  return `${namespace}/${group}/${item}`;
}
