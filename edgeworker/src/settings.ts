/** What is built into a bundle. To change any of it means a new version and an activation (design §3.4). */
export interface EdgeSettings {
  /** Origin of the Akamai property in front of the API. EdgeWorkers reach Akamai hostnames only, over HTTPS, without a port. */
  readonly apiOrigin: `https://${string}`;
  /** The stream that the batches are posted to. */
  readonly stream: string;
  /** `Edge-Source`: `ew/<EdgeWorker id>/<version>`. */
  readonly source: string;
  readonly edgeKv: EdgeKvAddress;
  /** Origins besides the request's own whose pages may post to the collector. */
  readonly allowedOrigins: readonly string[];
  readonly limits: CollectorLimits;
}

/** Where the credentials item lies. */
export interface EdgeKvAddress {
  readonly namespace: string;
  readonly group: string;
  readonly item: string;
  /** Reference of the EdgeKV access token; of no use outside the account that it belongs to. */
  readonly accessReference: string;
}

export interface CollectorLimits {
  /** Most bytes of a posted body; `responseProvider` has 2 MB of memory on the smallest tier. */
  readonly maxBodyBytes: number;
  /** Most events of a posted batch. */
  readonly maxEvents: number;
}
