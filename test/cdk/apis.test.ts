import { describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { inRegions, synthesize } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

const [stack] = synthesize();

describe('the API', () => {
  test('asks the authorizer by the token alone, for yes or no, and keeps the answer for a minute', () => {
    const { properties } = stack.at('IngestApi/Api/Token');

    expect(properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  test('has one way in, past the authorizer; the issuer’s two documents are for everyone', () => {
    const routes = stack.ofType('AWS::ApiGatewayV2::Route').map(({ properties }) => ({
      api: valueText(properties['ApiId'], stack),
      route: properties['RouteKey'],
      authorization: properties['AuthorizationType'] ?? 'NONE',
    }));

    expect(routes).toEqual([
      { api: '<Issuer/Api>', route: 'GET /.well-known/openid-configuration', authorization: 'NONE' },
      { api: '<Issuer/Api>', route: 'GET /.well-known/jwks.json', authorization: 'NONE' },
      { api: '<IngestApi/Api>', route: 'POST /v1/streams/{stream}/batches', authorization: 'CUSTOM' },
    ]);
  });

  test('answers no browser of another origin', () => {
    const apis = stack.ofType('AWS::ApiGatewayV2::Api');

    expect(apis.map(({ properties }) => Object.keys(properties))).toEqual([
      ['Description', 'Name', 'ProtocolType'],
      ['Description', 'Name', 'ProtocolType'],
    ]);
  });

  test('takes twice the declared peaks and no more', () => {
    const [busy] = synthesize({
      config: {
        ...config,
        streams: { ...config.streams, other: { ...streamOf('web_events'), name: 'other', peakInsertsPerSecond: 300 } },
      },
    });

    expect(stack.at('IngestApi/Default/Stage').properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 40,
      ThrottlingBurstLimit: 100,
    });
    expect(busy.at('IngestApi/Default/Stage').properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 640,
      ThrottlingBurstLimit: 640,
    });
    expect(stack.at('Issuer/Default/Stage').properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 100,
      ThrottlingBurstLimit: 200,
    });
  });

  test('has no stage but $default, and writes no header or query of a caller into its log', () => {
    const stages = stack.ofType('AWS::ApiGatewayV2::Stage');

    expect(stages.map(({ properties }) => properties['StageName'])).toEqual(['$default', '$default']);
    for (const { properties } of stages) {
      const settings = properties['AccessLogSettings'];
      if (typeof settings !== 'object' || settings === null || !('Format' in settings)) throw new Error('No log.');
      const line: Record<string, string> = JSON.parse(String(settings.Format));
      const allowed =
        /^\$context\.(requestId|requestTimeEpoch|routeKey|status|identity\.sourceIp|response(Length|Latency)|integrationLatency|integration\.status|authorizer\.(latency|status|error)|error\.responseType)$/;
      expect(Object.values(line).filter((variable) => !allowed.test(variable))).toEqual([]);
      expect(line['requestId']).toBe('$context.requestId');
    }
  });

  test('has one way in in another region, too', () => {
    const [, other] = synthesize({ config: inRegions('us-east-1', 'eu-west-1') });

    expect(other?.ofType('AWS::ApiGatewayV2::Route').map(({ properties }) => properties['RouteKey'])).toEqual([
      'POST /v1/streams/{stream}/batches',
    ]);
  });
});

function streamOf(name: string) {
  const stream = config.streams[name];
  if (stream === undefined) throw new Error(`The shipped config has no stream ${name}.`);
  return stream;
}
