import type { Config } from '../config/schema.ts';
import type { OriginTls } from './edge/edge-options.ts';
import type { GatewayTls } from './gateway/client-certificate.ts';
import type { Route } from './gateway/gateway.ts';
import { type LocalTls, TlsFilesMissingError, TlsFilesUnusedError } from './read-tls-files.ts';
import { type LocalFunctions, makeRoutes } from './template/make-routes.ts';
import { type HttpApiDescription, TemplateUnreadableError } from './template/read-http-apis.ts';

export interface IngestApiOptions {
  readonly domain: Config['domain'];
  readonly description: HttpApiDescription;
  readonly functions: LocalFunctions;
  readonly tls: LocalTls | undefined;
  /** @default any free one */
  readonly port?: number | undefined;
  /** Opens a gateway. @returns its origin */
  readonly open: (routes: readonly Route[], port?: number, tls?: GatewayTls) => Promise<string>;
}

export interface IngestApiOrigins {
  readonly api: string;
  /** Of the token domain, which asks for no client certificate. */
  readonly tokenApi?: string;
  /** What the Akamai property shows to `api`. */
  readonly apiTls?: OriginTls;
}

/**
 * Opens the API under the names that the config gives it: one that asks for client certificates, and one for tokens alone beside it
 * where there is such a domain.
 *
 * @throws TlsFilesMissingError, TlsFilesUnusedError, TemplateUnreadableError, PortBusyError
 */
export async function startIngestApi(options: IngestApiOptions): Promise<IngestApiOrigins> {
  const { domain, description, functions, tls, port, open } = options;
  const routes = makeRoutes(description, functions);
  if (!domain?.mtls) {
    if (tls !== undefined) throw new TlsFilesUnusedError();
    return { api: await open(routes, port) };
  }
  if (tls === undefined) throw new TlsFilesMissingError('there is no --tls');
  // One caller's answer would serve all: a certificate is no identity source.
  const kept = description.routes.some(({ authorizer }) => authorizer === undefined || authorizer.ttlSeconds > 0);
  if (kept)
    throw new TemplateUnreadableError('an authorizer that keeps its answers, before a domain with client certificates');
  const api = await open(routes, port, tls.gateway);
  const tokens = domain.tokenDomain === undefined ? {} : { tokenApi: await open(routes) };
  return { api, apiTls: tls.property, ...tokens };
}
