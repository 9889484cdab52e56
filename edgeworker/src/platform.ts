import type { DEVICE_MEMBERS, GEO_MEMBERS } from '../../config/edge-columns.ts';

/**
 * What the bundles use of Akamai's runtime, as an argument: pure modules import none of its modules, so tests run them on Node.
 * Every member of a request may be missing: geography and device need an entitlement, and headers depend on the visitor.
 */
export interface EdgePlatform {
  readonly httpRequest: HttpRequest;
  readonly crypto: EdgeCrypto;
  readonly encodeUtf8: (text: string) => Uint8Array;
  readonly atob: (base64: string) => string;
  readonly btoa: (binary: string) => string;
  /** Milliseconds since the epoch. Akamai's clock stands still while a handler runs. */
  readonly now: () => number;
  /** Reaches DataStream 2 or the debug headers, where they are on. Never give it a token, a key or a row. */
  readonly warn: (message: string) => void;
}

export interface HasHeaders {
  getHeader(name: string): readonly string[] | null | undefined;
}

export type HttpRequest = (
  url: string,
  options: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    /** A string: a stream has no known length, and a property answers that with 411. */
    readonly body?: string;
    /** Milliseconds for the whole answer. */
    readonly timeout: number;
  },
) => Promise<HttpAnswer>;

export interface HttpAnswer extends HasHeaders {
  readonly status: number;
  text(): Promise<string>;
}

/** The part of WebCrypto that is there at the edge. Keys are opaque: Akamai takes none that is extractable. */
export interface EdgeCrypto {
  readonly subtle: {
    digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>;
    importKey(
      format: 'raw',
      key: Uint8Array,
      algorithm: { readonly name: 'HMAC'; readonly hash: 'SHA-256' },
      extractable: false,
      usages: 'sign'[],
    ): Promise<object>;
    sign(algorithm: 'HMAC', key: object, data: Uint8Array): Promise<ArrayBuffer>;
  };
  getRandomValues(array: Uint8Array): unknown;
}

/** A request, and what it says about who sent it. */
export interface VisitorRequest extends HasHeaders {
  readonly method?: string | null | undefined;
  readonly scheme?: string | null | undefined;
  readonly host?: string | null | undefined;
  readonly path?: string | null | undefined;
  readonly query?: string | null | undefined;
  readonly cpCode?: number | null | undefined;
  readonly clientIp?: string | null | undefined;
  readonly userLocation?: EdgeLocation | null | undefined;
  readonly device?: EdgeDevice | null | undefined;
  getVariable?(name: string): string | null | undefined;
}

export interface VisitorResponse extends HasHeaders {
  readonly status?: number | null | undefined;
}

/** Members of `userLocation` that are text; of a reserved address each says `reserved`. */
export type GeoMember = (typeof GEO_MEMBERS)[number];

export type EdgeLocation = { readonly [Member in GeoMember]?: string | null | undefined };

export type DeviceMember = Exclude<(typeof DEVICE_MEMBERS)[number], 'kind'>;
type DeviceFlag = 'isMobile' | 'isTablet' | 'isWireless';
type DeviceSize = 'resolutionHeight' | 'resolutionWidth';

export type EdgeDevice = { readonly [Member in DeviceFlag]?: boolean | null | undefined } & {
  readonly [Member in DeviceSize]?: number | null | undefined;
} & { readonly [Member in Exclude<DeviceMember, DeviceFlag | DeviceSize>]?: string | null | undefined };
