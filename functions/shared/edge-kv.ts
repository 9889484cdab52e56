/** Akamai's networks; each has EdgeKV data of its own. */
export type EdgeNetwork = 'staging' | 'production';

/** EdgeKV serves small items fast, and an item of ours never needs more (design §3.4). */
export const MOST_ITEM_BYTES = 10_240;

/** The administrative side of EdgeKV: what writes the items that EdgeWorkers read (design §3.4). */
export interface EdgeKv {
  /** Writes one item; resolves when EdgeKV has taken it. Readers see it within about 10 s. */
  put(network: EdgeNetwork, namespace: string, group: string, item: string, value: string): Promise<void>;
}

/** An EdgeKV whose items can also be looked at, to see whether what it took has arrived. */
export interface ReadableEdgeKv extends EdgeKv {
  /** @returns what EdgeKV shows now, which may still be the value before; undefined where it shows none */
  get(network: EdgeNetwork, namespace: string, group: string, item: string): Promise<string | undefined>;
}
