import type { Alphabet, HostEncoding } from './inside/encoding.ts';

const ALPHABETS: Readonly<Record<Alphabet, { readonly pattern: RegExp; readonly encoding: BufferEncoding }>> = {
  base64: { pattern: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, encoding: 'base64' },
  base64url: {
    pattern: /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/,
    encoding: 'base64url',
  },
  base16: { pattern: /^(?:[0-9A-Fa-f]{2})*$/, encoding: 'hex' },
};

/** Node's codecs behind the module `encoding`. */
export const hostEncoding: HostEncoding = {
  utf8: (text) => Buffer.from(text, 'utf8'),
  decoder: (label, fatal, ignoreBOM) => {
    const decoder = new TextDecoder(label, { fatal, ignoreBOM });
    return {
      encoding: decoder.encoding,
      fatal: decoder.fatal,
      ignoreBOM: decoder.ignoreBOM,
      decode: (bytes, stream) => decoder.decode(bytes, { stream }),
    };
  },
  atob: (text) => atob(text),
  btoa: (text) => btoa(text),
  decode: (alphabet, text) => {
    const { pattern, encoding } = ALPHABETS[alphabet];
    if (!pattern.test(text))
      throw new TypeError(`${alphabet}.decode: the text has other characters, or a wrong length`);
    return Buffer.from(text, encoding);
  },
  encode: (alphabet, bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(ALPHABETS[alphabet].encoding),
  latin1: (bytes) => Buffer.from(bytes).toString('latin1'),
};
