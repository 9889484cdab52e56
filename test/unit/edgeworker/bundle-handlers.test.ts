import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { config } from '#config';
import { requestColumns, responseColumns, visitorColumns } from '../../../config/edge-columns.ts';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { buildConfiguredBundle } from '../../../edgeworker/build-configured-bundle.ts';
import type { BundleHandler } from '../../../edgeworker/bundle-settings.ts';
import type { ColumnSource, EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { ingestAnswer, SETTINGS } from './fake-edge.ts';
import { edgeOfToday, loadBundle, runBundle } from './run-bundle.ts';

const COLUMNS: Readonly<Record<string, ColumnSource>> = { ...requestColumns, ...responseColumns };
const TIMED: EdgeSettings['columns'] = { ...COLUMNS, duration_ms: { timing: 'duration' } };
/** Bytes of `main.js` as edgehouse.config.ts has it, a little more than they are: what makes it grow shall be seen. */
const MOST_BYTES = { collector: 21_000, 'request-event': 12_500 } as const;

function build(handler: BundleHandler, change: Partial<EdgeSettings> = {}) {
  const columns = handler === 'collector' ? visitorColumns : COLUMNS;
  const settings = { ...SETTINGS, columns, ...change };
  return buildBundle({ handler, settings, version: '1.0.0', description: 'a test' });
}

describe('the handlers that a bundle exports', () => {
  test.each<[string, BundleHandler, Partial<EdgeSettings>, readonly string[]]>([
    ['of the collector', 'collector', {}, ['responseProvider']],
    ['as the answer goes out', 'request-event', {}, ['onClientResponse']],
    ['before there is one', 'request-event', { handler: 'onClientRequest' }, ['onClientRequest']],
    ['around it, for the time between', 'request-event', { columns: TIMED }, ['onClientRequest', 'onClientResponse']],
  ])('are those that the config needs, since Akamai bills each: %s', async (_name, handler, change, expected) => {
    const bundle = await build(handler, change);

    const handlers = await runBundle(
      bundle,
      edgeOfToday(() => ingestAnswer(200, {})),
    );

    expect(Object.keys(handlers).sort()).toEqual(expected);
  });

  test.each<[string, Partial<EdgeSettings>]>([
    ['as the answer goes out', { columns: TIMED, clientIp: { hashWith: 'PMUSER_KEY' } }],
    ['before there is one', { handler: 'onClientRequest', sampling: { rate: 1, always: { paths: [] }, column: 'r' } }],
  ])('return at once and never throw, whatever throws or lacks in what they get: %s', async (_name, change) => {
    const edge = edgeOfToday(() => ingestAnswer(200, {}));
    const handlers = Object.values(await runBundle(await build('request-event', change), edge));
    const broken = new Proxy({}, { get: () => fail() });
    const part = fc.anything({ withNullPrototype: true });
    const members = ['getHeader', 'getVariable', 'setVariable', 'clientIp', 'userLocation', 'device', 'path', 'status'];
    const odd = fc.oneof(
      fc.constant(broken),
      fc.record(Object.fromEntries(members.map((name) => [name, fc.oneof(part, fc.func(part), fc.constant(fail))]))),
    );

    fc.assert(
      fc.property(odd, odd, (request, response) => {
        for (const handler of handlers) expect(handler(request, response)).toBeUndefined();
      }),
    );
  });
});

test('what the platform itself lacks or throws reaches no page: the handlers return as if nothing had been', async () => {
  const nothing = {
    crypto: { crypto: undefined },
    encoding: { TextEncoder: undefined, atob: undefined, btoa: undefined },
    'http-request': { httpRequest: undefined },
    log: { logger: undefined },
  };
  for (const change of [{ columns: TIMED }, { handler: 'onClientRequest' as const }]) {
    const handlers = Object.values(await loadBundle((await build('request-event', change)).mainJs, nothing));

    expect(handlers.map((handler) => handler({}, {}))).toEqual(handlers.map(() => undefined));
  }
});

describe.each(['collector', 'request-event'] as const)('main.js of the %s bundle', (handler) => {
  test(`has at most ${MOST_BYTES[handler]} bytes`, async () => {
    const { mainJs } = await buildConfiguredBundle(config, handler, { version: '1.0.0', accessReference: 'reference' });

    expect(Buffer.byteLength(mainJs)).toBeLessThanOrEqual(MOST_BYTES[handler]);
  });

  test('touches nothing of the platform while it loads: Akamai runs that at upload and at each start', async () => {
    const touched: string[] = [];
    const untouchable = (name: string) => {
      const touch = () => touched.push(name);
      return new Proxy(class {}, { apply: touch, get: touch, construct: () => ({ touched: touch() }) });
    };
    const modules = {
      crypto: { crypto: untouchable('crypto') },
      encoding: { TextEncoder: untouchable('TextEncoder'), atob: untouchable('atob'), btoa: untouchable('btoa') },
      'http-request': { httpRequest: untouchable('httpRequest') },
      log: { logger: untouchable('logger') },
      'create-response': { createResponse: untouchable('createResponse') },
    };

    await loadBundle((await build(handler)).mainJs, modules);

    expect(touched).toEqual([]);
  });
});

function fail(): never {
  throw new Error('broken');
}
