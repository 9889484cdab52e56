import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { extract } from 'tar-stream';
import { requestColumns, responseColumns, visitorColumns } from '../../../config/edge-columns.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { BundleRefusedError, buildBundle } from '../../../edgeworker/build-bundle.ts';
import { type BundleHandler, bundleSettings, EdgeConfigMissingError } from '../../../edgeworker/bundle-settings.ts';
import { headersOf, ingestAnswer, SETTINGS } from './fake-edge.ts';
import { edgeOfToday, runBundle } from './run-bundle.ts';

const HANDLERS: readonly BundleHandler[] = ['collector', 'request-event'];

describe.each(HANDLERS)('the %s bundle', (handler) => {
  test('comes out the same, byte by byte, whenever it is built from the same input', async () => {
    const first = await buildBundle(inputOf(handler));
    const second = await buildBundle(inputOf(handler));

    expect(second.tgz.equals(first.tgz)).toBe(true);
  });

  test('holds main.js and bundle.json at its root, with neither executable bits nor an owner nor a time', async () => {
    const bundle = await buildBundle(inputOf(handler));

    const entries = await unpack(bundle.tgz);

    const headers = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };
    expect(entries).toEqual([
      { name: 'main.js', text: bundle.mainJs, ...headers },
      { name: 'bundle.json', text: bundle.bundleJson, ...headers },
    ]);
    expect([...bundle.tgz.subarray(4, 8), bundle.tgz[9]]).toEqual([0, 0, 0, 0, 255]);
    expect(JSON.parse(bundle.bundleJson)).toEqual({ 'edgeworker-version': '1.0.0', description: 'a test' });
  });

  test('names the DataStream that gets its log lines, and the level at which a lost event is one', async () => {
    const bundle = await buildBundle({ ...inputOf(handler), logging: { ds2id: 71321 } });

    expect(JSON.parse(bundle.bundleJson)).toMatchObject({
      config: { logging: { ds2id: 71321, level: 'warn', schema: 'v1' } },
    });
  });

  test('has the settings of another build only in another build', async () => {
    const bundle = await buildBundle(inputOf(handler));
    const other = await buildBundle({ ...inputOf(handler), settings: { ...SETTINGS, stream: 'other_events' } });

    expect([bundle.mainJs.includes('other_events'), other.mainJs.includes('other_events')]).toEqual([false, true]);
  });

  test('is refused, with the reason, under a version that Akamai does not take', async () => {
    const build = buildBundle({ ...inputOf(handler), version: '1.0.0+build' });

    await expect(build).rejects.toThrow(BundleRefusedError);
    await expect(build).rejects.toThrow(/edgeworker-version/);
  });
});

describe('a bundle that runs on the modules of the platform', () => {
  test('answers a browser', async () => {
    const receipt = { batchId: 'b', outcome: 'stored', received: 1, accepted: 1, quarantined: 0 };
    const edge = edgeOfToday(() => ingestAnswer(200, receipt));
    const handlers = await runBundle(await buildBundle(inputOf('collector')), edge);

    const answer = await handlers['responseProvider']?.({
      method: 'POST',
      scheme: 'https',
      host: 'shop.example.com',
      text: async () => '[{"path":"/"}]',
      ...headersOf({ 'Content-Type': 'text/plain;charset=UTF-8', Origin: 'https://shop.example.com' }),
    });

    expect(answer).toMatchObject({ status: 202, body: JSON.stringify(receipt) });
    expect(edge.sent.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('sends an event and leaves the response alone', async () => {
    const posted = Promise.withResolvers<string | undefined>();
    const edge = edgeOfToday(({ body }) => {
      posted.resolve(body);
      return ingestAnswer(200, {});
    });
    const handlers = await runBundle(await buildBundle(inputOf('request-event')), edge);
    const response = Object.freeze({ status: 404, ...headersOf({}) });

    const returned = handlers['onClientResponse']?.(
      { path: '/x', getVariable: () => undefined, ...headersOf({}) },
      response,
    );

    expect(returned).toBeUndefined();
    expect(JSON.parse((await posted.promise) ?? '')).toMatchObject([{ path: '/x', status: 404 }]);
  });
});

describe('the settings of a bundle', () => {
  const config = parseConfig({
    streams: { web_events: { peakInsertsPerSecond: 20 }, clicks: { peakInsertsPerSecond: 1 } },
    edge: {
      edgeWorkerIds: [1, 2],
      allowedOrigins: ['https://www.example.com'],
      collector: { edgeWorkerId: 2, stream: 'clicks' },
    },
  });
  const identity = { version: '1.2.0', accessReference: 'reference-1', apiHost: 'events-api.example.com' };

  test('are those of its own EdgeWorker: source, stream and credentials', () => {
    const settings = bundleSettings(config, 'collector', identity);

    expect(settings).toEqual({
      apiOrigin: 'https://events-api.example.com',
      stream: 'clicks',
      source: 'ew/2/1.2.0',
      edgeKv: { namespace: 'edgehouse', group: 'credentials', item: '2', accessReference: 'reference-1' },
      allowedOrigins: ['https://www.example.com'],
      limits: { maxBodyBytes: 65_536, maxEvents: 500, maxSentChars: 450_000 },
      columns: visitorColumns,
      clientIp: 'truncated',
      visitorRate: { batchesPerMinute: 300, kilobytesPerMinute: 8_192 },
    });
  });

  test('are what the config says of its events: handler, columns, address and sampling', () => {
    const sampling = { rate: 0.25, by: { cookie: 'sid' } };
    const worker = { edgeWorkerId: 1, stream: 'clicks', clientIp: { hashWith: 'PMUSER_KEY' }, sampling };
    const { edge } = parseConfig({ streams: { clicks: {} }, edge: { edgeWorkerIds: [1], requestEvents: worker } });

    const settings = bundleSettings({ edge }, 'request-event', identity);

    expect(settings).toMatchObject({
      handler: 'onClientResponse',
      columns: { ...requestColumns, ...responseColumns },
      clientIp: { hashWith: 'PMUSER_KEY' },
      sampling: { ...sampling, always: { status: 500, paths: [] }, column: 'sample_rate' },
    });
  });

  test('are an error that names the missing member where the config has no such EdgeWorker', () => {
    const make = () => bundleSettings(config, 'request-event', identity);

    expect(make).toThrow(EdgeConfigMissingError);
    expect(make).toThrow(/edge\.requestEvents/);
  });
});

function inputOf(handler: BundleHandler) {
  const columns = handler === 'collector' ? visitorColumns : { ...requestColumns, ...responseColumns };
  return { handler, settings: { ...SETTINGS, columns }, version: '1.0.0', description: 'a test' };
}

async function unpack(tgz: Buffer) {
  const entries: object[] = [];
  const tar = extract();
  tar.end(gunzipSync(tgz));
  for await (const entry of tar) {
    const { name, mode, uid, gid, mtime } = entry.header;
    entries.push({ name, mode, uid, gid, mtime, text: await text(entry) });
  }
  return entries;
}
