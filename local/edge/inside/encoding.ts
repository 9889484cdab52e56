import type { Inside } from './inside.ts';

export interface HostDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly decode: (bytes: NodeJS.ArrayBufferView | ArrayBuffer | undefined, stream: boolean) => string;
}

export interface HostEncoding {
  readonly utf8: (text: string) => Uint8Array;
  readonly decoder: (label: string, fatal: boolean, ignoreBOM: boolean) => HostDecoder;
  readonly atob: (text: string) => string;
  readonly btoa: (text: string) => string;
  /** @throws TypeError for text that is not of the alphabet */
  readonly decode: (alphabet: Alphabet, text: string) => Uint8Array;
  readonly encode: (alphabet: Alphabet, bytes: Uint8Array) => string;
  readonly latin1: (bytes: Uint8Array) => string;
}

export type Alphabet = 'base64' | 'base64url' | 'base16';

/** Module `encoding`. */
export function insideEncoding(host: HostEncoding, { guard, copyIn }: Inside) {
  class TextEncoder {
    get encoding(): string {
      return 'utf-8';
    }
    encode(text: unknown = ''): Uint8Array {
      return copyIn(host.utf8(String(text)));
    }
  }
  class TextDecoder {
    readonly #decoder: HostDecoder;
    constructor(label: unknown = 'utf-8', options: { fatal?: unknown; ignoreBOM?: unknown } = {}) {
      this.#decoder = guard(() => host.decoder(String(label), Boolean(options.fatal), Boolean(options.ignoreBOM)));
    }
    get encoding(): string {
      return this.#decoder.encoding;
    }
    get fatal(): boolean {
      return this.#decoder.fatal;
    }
    get ignoreBOM(): boolean {
      return this.#decoder.ignoreBOM;
    }
    decode(bytes?: NodeJS.ArrayBufferView | ArrayBuffer, options: { stream?: unknown } = {}): string {
      return guard(() => this.#decoder.decode(bytes, Boolean(options.stream)));
    }
  }
  const codec = (alphabet: Alphabet) => ({
    decode: (text: unknown, format: unknown = 'Uint8Array') => {
      const bytes = guard(() => host.decode(alphabet, String(text)));
      return format === 'String' ? host.latin1(bytes) : copyIn(bytes);
    },
    encode: (bytes: unknown) => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError(`${alphabet}.encode: expected a Uint8Array`);
      return host.encode(alphabet, bytes);
    },
  });
  return {
    TextEncoder,
    TextDecoder,
    atob: (text: unknown) => guard(() => host.atob(String(text))),
    btoa: (text: unknown) => guard(() => host.btoa(String(text))),
    base64: codec('base64'),
    base64url: codec('base64url'),
    base16: codec('base16'),
  };
}
