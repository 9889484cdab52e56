import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../config/config-error.ts';
import {
  DEVICE_MEMBERS,
  GEO_MEMBERS,
  REQUEST_MEMBERS,
  requestColumns,
  responseColumns,
  visitorColumns,
} from '../../../config/edge-columns.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const WORKER = { edgeWorkerId: 1, stream: 'web' };

function configOf(edge: object): unknown {
  return { streams: { web: {} }, edge: { edgeWorkerIds: [1, 2], ...edge } };
}

function requestEvents(change: object) {
  return parseConfig(configOf({ requestEvents: { ...WORKER, ...change } })).edge.requestEvents;
}

function problemsOf(edge: object): readonly string[] {
  try {
    parseConfig(configOf(edge));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('what an EdgeWorker sends', () => {
  test('is the columns of web_events, with a truncated address, where the config says nothing', () => {
    const { collector } = parseConfig(configOf({ collector: WORKER })).edge;

    expect(collector).toMatchObject({ columns: visitorColumns, clientIp: 'truncated' });
    expect(requestEvents({})).toEqual({
      ...WORKER,
      clientIp: 'truncated',
      handler: 'onClientResponse',
      columns: { ...requestColumns, ...responseColumns },
    });
  });

  test('holds nothing of an answer where it is sent before there is one', () => {
    const { columns } = requestEvents({ handler: 'onClientRequest' }) ?? {};

    expect(columns).toEqual(requestColumns);
  });

  test('is what the config lists, and nothing else', () => {
    const columns = { at: { timing: 'time' }, language: { header: 'accept-language' }, test: { cookie: 'ab' } };

    expect(requestEvents({ columns })?.columns).toEqual(columns);
  });

  test('always has the errors, where it is sampled and can know them', () => {
    const late = requestEvents({ sampling: { rate: 0.1 } });
    const early = requestEvents({ sampling: { rate: 0.1 }, handler: 'onClientRequest' });

    expect(late?.sampling).toEqual({ rate: 0.1, always: { status: 500, paths: [] }, column: 'sample_rate' });
    expect(early?.sampling?.always).toEqual({ paths: [] });
  });

  test.each<[string, object, RegExp]>([
    [
      'a place that Akamai does not know',
      { columns: { a: { geo: 'contry' } } },
      /columns\.a\.geo: "contry" → "bandwidth" or/,
    ],
    ['a source of no kind', { columns: { a: { heder: 'accept' } } }, /columns\.a/],
    ['a source that is a word', { columns: { a: 'country' } }, /columns\.a: "country" → an object/],
    ['a source of two kinds', { columns: { a: { geo: 'city', header: 'x' } } }, /columns\.a\.header: unknown key/],
    ['a column that edgehouse stamps', { columns: { _trust: { constant: 'edge' } } }, /columns\._trust: this name/],
    ['a header in capitals', { columns: { a: { header: 'Accept' } } }, /columns\.a\.header: "Accept" → .*lower case/],
    ['the token of a visitor', { columns: { a: { header: 'authorization' } } }, /neither credentials nor an address/],
    ['all cookies', { columns: { a: { header: 'cookie' } } }, /neither credentials nor an address/],
    [
      'a cookie whose name is none',
      { columns: { a: { cookie: 'a;b' } } },
      /columns\.a\.cookie: "a;b" → the name of a cookie/,
    ],
    ['a variable of Akamai itself', { columns: { a: { variable: 'AK_CLIENT_IP' } } }, /columns\.a\.variable/],
    [
      'the key of the addresses',
      { clientIp: { hashWith: 'PMUSER_KEY' }, columns: { a: { variable: 'PMUSER_KEY' } } },
      /columns\.a\.variable: "PMUSER_KEY" → another variable: this one holds the key/,
    ],
    ['an address in a form that there is not', { clientIp: 'hashed' }, /clientIp: "hashed" → /],
    ['a handler that is none', { handler: 'onOriginRequest' }, /handler: "onOriginRequest" → "onClientResponse" or/],
    [
      'a status before there is one',
      { handler: 'onClientRequest', columns: { s: { response: 'status' } } },
      /columns\.s: an object → what is known without the answer, or onClientResponse/,
    ],
    [
      'a duration at the start',
      { handler: 'onClientRequest', columns: { d: { timing: 'duration' } } },
      /columns\.d: an object → what is known without the answer/,
    ],
    [
      'errors before they happen',
      { handler: 'onClientRequest', sampling: { rate: 0.1, always: { status: 500 } } },
      /sampling\.always\.status: 500 → no status, which onClientRequest cannot know/,
    ],
    ['no events at all', { sampling: { rate: 0 } }, /sampling\.rate: 0 → more than 0/],
    ['more than all', { sampling: { rate: 1.5 } }, /sampling\.rate: 1\.5 → at most 1/],
    [
      'a pattern within a path',
      { sampling: { rate: 1, always: { paths: ['/a*b'] } } },
      /paths\[0\]: "\/a\*b" → a path/,
    ],
    [
      'a rate in a column of something else',
      { columns: { sample_rate: { constant: 1 } }, sampling: { rate: 0.5 } },
      /columns\.sample_rate: an object → no source: sampling writes this column/,
    ],
  ])('cannot be %s', (_name, change, expected) => {
    const problems = problemsOf({ requestEvents: { ...WORKER, ...change } });

    expect(problems.join('\n')).toMatch(expected);
  });

  test.each([
    ...['true-client-ip', 'x-client-ip', 'x-cluster-client-ip', 'cf-connecting-ip', 'x-real-ip', 'x-remote-addr'],
    ...['forwarded', 'x-forwarded-for', 'x-original-forwarded-for'],
    ...['proxy-authorization', 'x-api-key', 'x-auth-token', 'x-goog-iap-jwt-assertion', 'set-cookie', 'x-csrf-token'],
  ])('cannot be an address or a credential by a back door: header %s', (header) => {
    const problems = problemsOf({
      collector: { ...WORKER, columns: { a: { header } } },
      requestEvents: { ...WORKER, edgeWorkerId: 2, sampling: { rate: 1, by: { header } } },
    });

    expect(problems).toHaveLength(2);
    expect(problems.join('\n').match(/a header that holds neither credentials nor an address/g)).toHaveLength(2);
  });

  test.each(['accept-language', 'x-forwarded-proto', 'x-ip-country', 'x-visitor', 'keyboard', 'x-trip'])(
    'may be another header: %s',
    (header) => {
      expect(requestEvents({ columns: { a: { header } } })?.columns).toEqual({ a: { header } });
    },
  );

  test.each([
    ['collector', 'requestEvents'],
    ['requestEvents', 'collector'],
  ])('cannot be the key that hides the addresses of the %s, from the %s', (keyed, other) => {
    const [clientIp, columns] = [{ hashWith: 'PMUSER_KEY' }, { a: { variable: 'PMUSER_KEY' } }];

    const problems = problemsOf({ [keyed]: { ...WORKER, clientIp }, [other]: { ...WORKER, edgeWorkerId: 2, columns } });

    expect(problems).toEqual([
      `edge.${other}.columns.a.variable: "PMUSER_KEY" → another variable: this one holds the key of clientIp; change it`,
    ]);
  });

  test.each<[string, object, RegExp]>([
    ['Akamai’s number of the request', { a: { variable: 'PMUSER_GRN' } }, /columns\.a: an object → what is the same/],
    ['a time of the property', { a: { variable: 'PMUSER_EVENT_TIME' } }, /columns\.a: an object → what is the same/],
    ['a number of its own for an event', { request_id: { cookie: 'id' } }, /columns\.request_id: .* → no source/],
  ])('cannot be, from the collector, %s: a batch that is sent again would be another', (_name, columns, expected) => {
    const problems = problemsOf({ collector: { ...WORKER, columns } });

    expect(problems.join('\n')).toMatch(expected);
    expect(requestEvents({ columns })?.columns).toEqual(columns);
  });

  test.each<[string, object]>([
    ['the path of /collect', { request: 'path' }],
    ['the status of its own answer', { response: 'status' }],
    ['the time of the post', { timing: 'time' }],
  ])('cannot be, from the collector, %s', (_name, source) => {
    const problems = problemsOf({ collector: { ...WORKER, columns: { a: source } } });

    expect(problems.join('\n')).toMatch(/^edge\.collector\.columns\.a/);
  });

  test('is judged whatever stands there, and named by its path', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (columns) => {
        const problems = problemsOf({ requestEvents: { ...WORKER, columns } });

        for (const problem of problems) expect(problem).toMatch(/^edge\.requestEvents\.columns/);
      }),
    );
  });
});

describe('an origin whose pages may post', () => {
  test.each([
    'https://www.example.com',
    'http://www.example.com:8080',
    'https://www.example.com:80',
    'http://localhost',
  ])('may be %s', (origin) => expect(problemsOf({ allowedOrigins: [origin] })).toEqual([]));

  // As a browser writes it (RFC 6454 §6.2), or its pages would never be let in.
  test.each([
    'https://www.example.com:443',
    'http://www.example.com:80',
    'https://www.example.com:99999',
    'https://127.1',
    'https://www.example.com/',
    'https://WWW.example.com',
    'null',
  ])('is never %s', (origin) =>
    expect(problemsOf({ allowedOrigins: [origin] })).toEqual([expect.stringContaining('edge.allowedOrigins[0]')]),
  );
});

describe('the page on the EdgeWorkers', () => {
  const page = readFileSync(new URL('../../../docs/edge.md', import.meta.url), 'utf8');

  test('names every source of a column', () => {
    const members = [...GEO_MEMBERS, ...DEVICE_MEMBERS, ...REQUEST_MEMBERS, 'status', 'bytes'];
    const kinds = [
      'geo',
      'device',
      'client',
      'request',
      'response',
      'timing',
      'header',
      'cookie',
      'variable',
      'constant',
    ];

    expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([]);
    expect(kinds.filter((kind) => !page.includes(`\`{ ${kind}: `))).toEqual([]);
  });

  test('names every member that shapes an event, with its default', () => {
    const events = requestEvents({ sampling: { rate: 0.1 } });
    const { collector } = parseConfig(configOf({ collector: WORKER })).edge;
    const { always = {}, ...sampling } = events?.sampling ?? {};
    const members = [
      ...Object.keys({ ...events, ...collector }).filter((name) => name !== 'sampling'),
      ...Object.keys({ ...sampling, by: '' }).map((name) => `sampling.${name}`),
      ...Object.keys(always).map((name) => `sampling.always.${name}`),
    ];

    expect(members.filter((member) => !page.includes(`| \`${member}\` `))).toEqual([]);
    expect(page).toContain(
      `${collector?.visitorRate.batchesPerMinute} batches and ${collector?.visitorRate.kilobytesPerMinute} kB`,
    );
  });
});
