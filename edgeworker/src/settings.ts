import type { DeviceMember, GeoMember } from './platform.ts';

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
  /** The event handler that sends the event of a request. @default 'onClientResponse' */
  readonly handler?: 'onClientRequest' | 'onClientResponse' | undefined;
  /** Where the value of each column that the edge fills in comes from, by the column's name. */
  readonly columns: Readonly<Record<string, ColumnSource>>;
  readonly clientIp: ClientIpRule;
  /** Which requests become an event. @default all */
  readonly sampling?: Sampling | undefined;
  /** What one visitor may send to the collector. @default no bound */
  readonly visitorRate?: VisitorRate | undefined;
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
  /** Most characters of a batch as it goes on, with what the edge adds to each event. */
  readonly maxSentChars: number;
}

/** In the long run, and as much at once. */
export interface VisitorRate {
  readonly batchesPerMinute: number;
  /** Of 1024 bytes. */
  readonly kilobytesPerMinute: number;
}

/** Words of `geo` and `device` are members of Akamai's `userLocation` and `device`, but for `kind`. */
export type ColumnSource =
  | { readonly client: 'ip' }
  | { readonly geo: GeoMember }
  | { readonly device: 'kind' | DeviceMember }
  | { readonly request: 'cpCode' | 'host' | 'id' | 'method' | 'path' | 'query' | 'referrer' | 'scheme' | 'userAgent' }
  | { readonly response: 'bytes' | 'status' }
  | { readonly timing: 'duration' | 'time' }
  | { readonly header: string }
  | { readonly cookie: string }
  /** A variable that the property sets. */
  | { readonly variable: string }
  | { readonly constant: string | number | boolean };

/** What the client's address becomes; `hashWith` names the variable that holds the key. */
export type ClientIpRule = 'truncated' | 'full' | { readonly hashWith: string };

export interface Sampling {
  /** The fraction of visitors that is kept, above 0 and at most 1. */
  readonly rate: number;
  /** @default the client's network and user agent */
  readonly by?: { readonly cookie: string } | { readonly header: string } | undefined;
  /** What is always kept. */
  readonly always: {
    /** This status or a higher one. */
    readonly status?: number | undefined;
    /** Exact, or with a final `*` that stands for anything. */
    readonly paths: readonly string[];
  };
  /** The column that gets the kept fraction. */
  readonly column: string;
}
