import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib/core';
import { FUNCTION_NAMES } from '../../cdk/deployed-functions.ts';
import { findOpenings } from '../../cdk/warn-if-open.ts';
import { config } from '../../config/loaded.ts';
import type { Config } from '../../config/schema.ts';
import { WITH_CLIENT_CERTIFICATES } from './support/client-certificates-config.ts';
import { IN_PRODUCTION, productionOf, THREE_REGIONS } from './support/every-preset.ts';
import { inRegions, type Synthesized, synthesize } from './support/synthesize.ts';

const [trial] = synthesize();

const inProduction = (production: object, rest: Config = config): Config => ({
  ...rest,
  production: productionOf(production),
});

function atPeak(peakInsertsPerSecond: number): Config {
  const streams = Object.entries(config.streams).map(([name, stream]) => [name, { ...stream, peakInsertsPerSecond }]);
  return { ...config, streams: Object.fromEntries(streams) };
}

/** Executions that are kept for each function, by its construct. */
function reservedIn(stack: Synthesized): Readonly<Record<string, unknown>> {
  const functions = stack.ofType('AWS::Lambda::Function');
  return Object.fromEntries(
    functions.map(({ path, properties }) => [path.split('/')[0], properties['ReservedConcurrentExecutions']]),
  );
}

function throttleOf(stack: Synthesized): unknown {
  return stack.at('IngestApi/Default/Stage').properties['DefaultRouteSettings'];
}

describe('a production stack', () => {
  test('cannot be deleted by mistake, in any region; one that is tried out can', () => {
    const protectedIn = (tried: Config) => {
      const seen: boolean[] = [];
      const prepare = (_app: unknown, stacks: readonly Stack[]) =>
        void seen.push(...stacks.map(({ terminationProtection }) => terminationProtection));
      synthesize({ config: tried, prepare });
      return seen;
    };

    expect(protectedIn({ ...inRegions(...THREE_REGIONS), production: productionOf({}) })).toEqual([true, true, true]);
    expect(protectedIn(config)).toEqual([false]);
  });

  test('has executions of its own for each function: as many of ingest as the API lets in at once', () => {
    const [usual] = synthesize({ config: inProduction({}) });
    const [chosen] = synthesize({
      config: inProduction({ reservedConcurrency: { ingest: 40, replay: 8 }, throttle: { burst: 30 } }),
    });

    expect(reservedIn(usual)).toEqual({
      TokenAuthorizer: 100,
      IngestApi: 100,
      Spool: 6,
      Issuer: 100,
      CredentialRotation: 2,
      PasswordRotation: 5,
    });
    expect(reservedIn(chosen)).toMatchObject({ TokenAuthorizer: 30, IngestApi: 40, Spool: 8 });
    expect(Object.keys(reservedIn(usual))).toHaveLength(FUNCTION_NAMES.length);
  });

  // An account has 1,000, and 100 of them must stay free.
  test.each([1, 50, 197, 1_000])(
    'takes no more executions than an account has by default, with a peak of %d a second',
    (peak) => {
      const [busy] = synthesize({ config: inProduction({}, atPeak(peak)) });

      const reserved = Object.values(reservedIn(busy)).map(Number);
      expect(reserved.reduce((sum, executions) => sum + executions, 0)).toBeLessThanOrEqual(900);
    },
  );

  test('has in each region those of the functions that run there', () => {
    const [, other] = synthesize({ config: { ...inRegions('us-east-1', 'eu-west-1'), production: productionOf({}) } });
    if (other === undefined) throw new Error('The second region has no stack.');

    expect(reservedIn(other)).toEqual({ TokenAuthorizer: 100, IngestApi: 100, Spool: 6 });
  });

  test('takes its executions from the account where the config says so, as one that is tried out does', () => {
    const [none] = synthesize({ config: inProduction({ reservedConcurrency: 'none' }) });

    for (const stack of [none, trial]) {
      expect(new Set(Object.values(reservedIn(stack)))).toEqual(new Set([undefined]));
    }
  });

  test('lets in as much as the config says', () => {
    const [lower] = synthesize({ config: inProduction({ throttle: { requestsPerSecond: 7, burst: 9 } }) });
    const [usual] = synthesize({ config: inProduction({}) });

    expect(throttleOf(lower)).toMatchObject({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
    expect(throttleOf(usual)).toEqual(throttleOf(trial));
  });

  test('writes every alarm and the page to the addresses of the config', () => {
    const [told] = synthesize({ config: inProduction({ alarmsTo: ['ops@example.com', 'boss@example.com'] }) });
    const [elsewhere] = synthesize({ config: inProduction({ alarmsTo: 'elsewhere' }) });

    const topics = told.ofType('AWS::SNS::Topic').map(({ id }) => id);
    const expected = ['ops@example.com', 'boss@example.com'].flatMap((Endpoint) =>
      topics.map((id) => ({ Protocol: 'email', TopicArn: { Ref: id }, Endpoint })),
    );
    const subscriptions = told.ofType('AWS::SNS::Subscription').map(({ properties }) => properties);
    expect(topics.length).toBeGreaterThan(0);
    expect(subscriptions).toHaveLength(expected.length);
    expect(subscriptions).toEqual(expect.arrayContaining(expected));
    expect(elsewhere.ofType('AWS::SNS::Subscription')).toEqual([]);
  });

  test('changes nothing of one that is tried out but executions, and what protects it', () => {
    const [production] = synthesize({ config: inProduction({}) });
    const without = ({ resources }: Synthesized) =>
      resources.map(({ properties: { ReservedConcurrentExecutions: _, ...properties }, ...rest }) => ({
        ...rest,
        properties,
      }));

    expect(without(production)).toEqual(without(trial));
    expect(production.outputs).toEqual(trial.outputs);
  });
});

describe('cdk synth', () => {
  const openings = (open: Config) => findOpenings(open).map(({ id }) => id);
  const closed = { originIps: ['192.0.2.0/24'], alarmsTo: 'elsewhere' } as const;

  test('warns of everything that is open, each with the setting that closes it', () => {
    const found = findOpenings(inProduction({ reservedConcurrency: 'none' }));

    expect(found.map(({ id, warning }) => [id, /Close it with ([\w.]+\w)/.exec(warning)?.[1]])).toEqual([
      ['no-client-certificates', 'domain.mtls'],
      ['any-address', 'production.originIps'],
      ['shared-concurrency', 'production.reservedConcurrency'],
      ['nobody-woken', 'production.alarmsTo'],
    ]);
  });

  test.each<[string, Config, readonly string[]]>([
    ['a stack that is tried out', config, []],
    ['one where all is closed', IN_PRODUCTION, []],
    ['no client certificates', inProduction(closed), ['no-client-certificates']],
    [
      'client certificates that only the token domain does without',
      inProduction({ alarmsTo: 'elsewhere' }, WITH_CLIENT_CERTIFICATES),
      ['any-address'],
    ],
    [
      'executions of the account',
      inProduction({ ...closed, reservedConcurrency: 'none' }, WITH_CLIENT_CERTIFICATES),
      ['shared-concurrency'],
    ],
    ['nobody to wake', inProduction({ originIps: closed.originIps }, WITH_CLIENT_CERTIFICATES), ['nobody-woken']],
  ])('warns of exactly what is open: %s', (_what, open, ids) => {
    expect(openings(open)).toEqual(ids);
  });

  test('names who gets in with a token alone', () => {
    const [opening] = findOpenings(inProduction({ alarmsTo: 'elsewhere' }, WITH_CLIENT_CERTIFICATES));

    // Not `partner`, which has a certificate, nor `analyst`, which only reads.
    expect(opening?.warning).toContain('from every address: app. Close it');
  });
});
