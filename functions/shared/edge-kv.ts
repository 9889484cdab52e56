/** Akamai's networks; each has EdgeKV data of its own. */
export type EdgeNetwork = 'staging' | 'production';

/** The administrative side of EdgeKV: what writes the items that EdgeWorkers read (design §3.4). */
export interface EdgeKv {
  /** Writes one item; resolves when EdgeKV has taken it. Readers see it within about 10 s. */
  put(network: EdgeNetwork, namespace: string, group: string, item: string, value: string): Promise<void>;
}
