import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findApis } from '../../../../local/template/find-apis.ts';
import { loadTemplate } from '../../../../local/template/load-template.ts';
import { type LocalFunctions, makeRoutes } from '../../../../local/template/make-routes.ts';
import { readHttpApis, TemplateUnreadableError } from '../../../../local/template/read-http-apis.ts';

let template: { Resources: Record<string, { Type: string; Properties: Record<string, unknown>; Metadata?: object }> };

beforeAll(async () => {
  template = JSON.parse(JSON.stringify(await loadTemplate()));
}, 60_000);

describe('the template that cdk synthesizes', () => {
  test('has one API for batches, behind an authorizer that is asked by the Authorization header and kept for 60 s', () => {
    expect(findApis(template).ingestApi).toEqual({
      routes: [
        {
          method: 'POST',
          path: '/v1/streams/{stream}/batches',
          function: 'IngestApi/Ingest',
          timeoutMs: 15_000,
          authorizer: {
            function: 'TokenAuthorizer/Verifier',
            identitySources: ['$request.header.Authorization'],
            ttlSeconds: 60,
          },
        },
      ],
    });
  });

  test('has one open API, for the documents of the issuer', () => {
    const { routes } = findApis(template).issuerApi;

    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /.well-known/jwks.json',
      'GET /.well-known/openid-configuration',
    ]);
    expect(routes.every((route) => route.authorizer === undefined)).toBe(true);
  });
});

describe('a template that the gateway could not be true to', () => {
  test.each([
    ['an authorizer with policies for answers', 'AWS::ApiGatewayV2::Authorizer', { EnableSimpleResponses: false }],
    ['payload format 1.0', 'AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '1.0' }],
    ['a function that is none of this stack', 'AWS::ApiGatewayV2::Integration', { IntegrationUri: 'arn:aws:lambda:x' }],
    ['a route to nowhere', 'AWS::ApiGatewayV2::Route', { Target: 'integrations/x' }],
  ])('is refused: %s', (_what, type, change) => {
    const changed = structuredClone(template);
    for (const resource of Object.values(changed.Resources)) {
      if (resource.Type === type) Object.assign(resource.Properties, change);
    }

    expect(() => findApis(changed)).toThrow(TemplateUnreadableError);
  });

  test('is refused without the paths of its constructs', () => {
    const changed = structuredClone(template);
    for (const resource of Object.values(changed.Resources)) delete resource.Metadata;

    expect(() => findApis(changed)).toThrow(/expected that of a function/);
  });

  test('is refused where a function is unknown here', () => {
    const none: LocalFunctions = { open: {}, authorized: {}, authorizers: {} };

    expect(() => makeRoutes(findApis(template).ingestApi, none)).toThrow(
      'no function here is TokenAuthorizer/Verifier',
    );
  });

  test('of any content is refused or read, and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        try {
          readHttpApis(content);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateUnreadableError);
        }
      }),
    );
  });
});
