// biome-ignore lint/style/useNodejsImportProtocol: a module of Akamai's runtime, which has no node: modules
import { crypto } from 'crypto';
import { atob, btoa, TextEncoder } from 'encoding';
import { httpRequest } from 'http-request';
import { logger } from 'log';
import type { EdgePlatform } from './platform.ts';

/** Akamai's runtime. Made inside a handler: Akamai runs module code at upload and at each start, so nothing happens there. */
export function akamaiPlatform(): EdgePlatform {
  const encoder = new TextEncoder();
  return {
    httpRequest,
    crypto,
    encodeUtf8: (text) => encoder.encode(text),
    atob,
    btoa,
    now: () => Date.now(),
    warn: (message) => logger.warn('edgehouse: %s', message),
  };
}
