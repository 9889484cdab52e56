import { z } from 'zod';

/** An HTTP API of the template, as far as the local gateway can be it. */
export interface HttpApiDescription {
  readonly routes: readonly RouteDescription[];
}

export interface RouteDescription {
  readonly method: string;
  readonly path: string;
  /** The function behind it, by the path of its construct: `IngestApi/Ingest`. */
  readonly function: string;
  /** The function's own limit; the gateway answers for it when it has passed. */
  readonly timeoutMs: number;
  readonly authorizer?: AuthorizerDescription;
}

export interface AuthorizerDescription {
  readonly function: string;
  readonly identitySources: readonly string[];
  readonly ttlSeconds: number;
}

/** The template has something that the local gateway does not know how to be. */
export class TemplateUnreadableError extends Error {
  override readonly name = 'TemplateUnreadableError';
  readonly code = 'TEMPLATE_UNREADABLE';
  /** @param detail what was seen and expected */
  constructor(detail: string) {
    super(`The synthesized template cannot be run here: ${detail}. Change local/template/ together with cdk/.`);
  }
}

const REF = z.object({ Ref: z.string() }).transform(({ Ref }) => Ref);
const ARN = z
  .object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) })
  .transform((arn) => arn['Fn::GetAtt'][0]);
/** Text joined around one reference, such as `integrations/` and the integration's id. */
const joined = <T extends z.ZodType>(part: T) =>
  z
    .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) })
    .transform((join) => join['Fn::Join'][1].find((piece) => typeof piece !== 'string'))
    .pipe(part);

const TEMPLATE = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.unknown(),
      Metadata: z.object({ 'aws:cdk:path': z.string() }).partial().optional(),
    }),
  ),
});
const ROUTE = z.object({ ApiId: REF, RouteKey: z.string(), AuthorizerId: REF.optional(), Target: joined(REF) });
const INTEGRATION = z.object({ IntegrationUri: ARN, PayloadFormatVersion: z.literal('2.0') });
const AUTHORIZER = z.object({
  AuthorizerPayloadFormatVersion: z.literal('2.0'),
  AuthorizerResultTtlInSeconds: z.number(),
  AuthorizerUri: joined(ARN),
  EnableSimpleResponses: z.literal(true),
  IdentitySource: z.array(z.string()),
});
const FUNCTION = z.object({ Timeout: z.number() });

type Resources = z.output<typeof TEMPLATE>['Resources'];

/** Reads the HTTP APIs out of a template, each under the id of its resource. @throws TemplateUnreadableError */
export function readHttpApis(template: unknown): ReadonlyMap<string, HttpApiDescription> {
  const { Resources: resources } = parse(TEMPLATE, template, 'the template');
  const apis = new Map<string, { routes: RouteDescription[] }>();
  for (const [id, { Type }] of Object.entries(resources)) {
    if (Type !== 'AWS::ApiGatewayV2::Route') continue;
    const route = read(ROUTE, resources, id);
    const api = apis.get(route.ApiId) ?? { routes: [] };
    apis.set(route.ApiId, api);
    api.routes.push(describeRoute(route, resources));
  }
  return apis;
}

function describeRoute(route: z.output<typeof ROUTE>, resources: Resources): RouteDescription {
  const [method = '', path = ''] = route.RouteKey.split(' ');
  const { IntegrationUri: target } = read(INTEGRATION, resources, route.Target);
  return {
    method,
    path,
    function: constructPath(resources, target),
    timeoutMs: read(FUNCTION, resources, target).Timeout * 1000,
    ...(route.AuthorizerId === undefined ? {} : { authorizer: describeAuthorizer(route.AuthorizerId, resources) }),
  };
}

function describeAuthorizer(id: string, resources: Resources): AuthorizerDescription {
  const authorizer = read(AUTHORIZER, resources, id);
  return {
    function: constructPath(resources, authorizer.AuthorizerUri),
    identitySources: authorizer.IdentitySource,
    ttlSeconds: authorizer.AuthorizerResultTtlInSeconds,
  };
}

/** `stack/IngestApi/Ingest/Function/Resource` is `IngestApi/Ingest`. */
function constructPath(resources: Resources, id: string): string {
  const path = resources[id]?.Metadata?.['aws:cdk:path'] ?? '';
  const [, construct] = /^[^/]+\/(.+)\/Function\/Resource$/.exec(path) ?? [];
  if (construct === undefined)
    throw new TemplateUnreadableError(`${id} has the path "${path}", expected that of a function`);
  return construct;
}

function read<T extends z.ZodType>(schema: T, resources: Resources, id: string): z.output<T> {
  return parse(schema, resources[id]?.Properties, id);
}

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const members = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new TemplateUnreadableError(`${what} is not as expected (${members.join('; ')})`);
}
