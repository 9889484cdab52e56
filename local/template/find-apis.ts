import { type HttpApiDescription, readHttpApis, TemplateUnreadableError } from './read-http-apis.ts';

/** The stack's two APIs: the issuer's is open to everybody, the one for batches asks its authorizer on every route. */
export function findApis(template: unknown): {
  readonly issuerApi: HttpApiDescription;
  readonly ingestApi: HttpApiDescription;
} {
  const apis = [...readHttpApis(template).values()];
  const issuerApi = apis.find(({ routes }) => routes.every(({ authorizer }) => authorizer === undefined));
  const ingestApi = apis.find(({ routes }) => routes.every(({ authorizer }) => authorizer !== undefined));
  if (apis.length === 2 && issuerApi !== undefined && ingestApi !== undefined) return { issuerApi, ingestApi };
  throw new TemplateUnreadableError(`${apis.length} HTTP APIs, expected one without an authorizer and one with it`);
}
