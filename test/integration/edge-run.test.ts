import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { edgeRun } from '../../cli/edge-run.ts';
import { type EdgeRunCommand, parseEdgeRun } from '../../cli/edge-run-command.ts';
import { packTgz } from '../../edgeworker/pack-tgz.ts';
import { startSite } from '../../local/traffic/site.ts';

// A bundle that knows nothing of edgehouse: several files, cookies, EdgeKV by Akamai's wire contract, a sub-request, an origin handler.
const FILES = {
  'bundle.json': '{"edgeworker-version":"2.1.0","description":"greets"}',
  'main.js': `
    import { Cookies } from 'cookies';
    import { httpRequest } from 'http-request';
    import { logger } from 'log';
    import { greet } from './lib/greet.js';

    const KV = 'https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/default/groups/words/items/';

    export async function onClientRequest(request) {
      if (request.path !== '/hello') return;
      const cookies = new Cookies(request.getHeader('Cookie'));
      const word = await httpRequest(KV + 'en', { headers: { 'X-Akamai-EdgeDB-Auth-Ref': 'any' } });
      const page = await httpRequest('https://pages.example.com/' + request.getVariable('PMUSER_PAGE'));
      logger.info('greets %s', cookies.get('name'));
      const text = greet(word.status === 200 ? await word.text() : 'nothing', cookies.get('name'));
      request.respondWith(200, { 'X-Page': String(page.status) }, text);
    }
    export function onOriginResponse(request, response) { response.setHeader('X-Came-By', 'origin'); }`,
  'lib/greet.js': `export const greet = (word, name) => word + ', ' + (name ?? 'you');`,
  'README.md': 'not a module',
};

let folder: string;
let site: Awaited<ReturnType<typeof startSite>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-edge-run-'));
  site = await startSite();
  for (const [path, text] of Object.entries(FILES)) write(join('bundle', path), text);
  writeFileSync(
    join(folder, 'greets.tgz'),
    await packTgz(Object.entries(FILES).map(([name, text]) => ({ name, text }))),
  );
  const property = {
    paths: ['/hello', '/*'],
    site: site.url,
    hosts: { 'pages.example.com': { origin: site.url } },
    variables: { PMUSER_PAGE: { value: 'a' } },
    edgeKv: { default: { words: { en: 'hello' } } },
  };
  write('property.json', JSON.stringify(property));
});

afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): string {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  return place;
}

/** The edges that this process has started. */
function edgeProcesses(): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => Number(found?.[2]) === process.pid && found?.[3]?.includes('edge-process.ts'))
    .map((found) => Number(found?.[1]));
}

/** Runs the command until `work` is done with its URL. @returns what it printed */
async function serving(
  args: readonly string[],
  work: (url: string) => Promise<void>,
  now: () => number = Date.now,
): Promise<string> {
  const interrupt = new AbortController();
  const printed: string[] = [];
  const ready = Promise.withResolvers<string>();
  const out = (line: string): void => {
    printed.push(line);
    const [url] = /^http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) ready.resolve(url);
  };
  const running = edgeRun(parseEdgeRun(args), { out, now, interrupted: () => interrupt.signal });
  running.catch(ready.reject);
  try {
    await work(await ready.promise);
  } finally {
    interrupt.abort();
    await running;
  }
  return printed.join('\n');
}

describe('edgehouse edge run', () => {
  test.each(['bundle', 'greets.tgz'])('serves a bundle of somebody else from %s', async (place) => {
    const args = ['--bundle', join(folder, place), '--tier', 'basic', '--property', join(folder, 'property.json')];
    const seen: unknown[] = [];

    const printed = await serving(args, async (url) => {
      const hello = await fetch(`${url}/hello`, { headers: { cookie: 'name=Ann%20B' } });
      const page = await fetch(`${url}/page`);
      seen.push(await hello.text(), hello.headers.get('x-page'), page.status, page.headers.get('x-came-by'));
    });

    expect(seen).toEqual(['hello, Ann B', '200', 200, 'origin']);
    expect(printed).toMatch(
      /^(bundle|greets\.tgz), version 2\.1\.0, on the basic tier: onClientRequest, onOriginResponse$/m,
    );
    expect(printed).toMatch(/^onClientRequest +2 +- .* 2 +0$/m);
    expect(printed).toContain('onClientRequest: pages.example.com 200, 1 times');
    expect(printed).toContain('onClientRequest: info greets Ann B');
    expect(printed).toContain('Estimates of this machine');
  });

  test.each(['.', './', '../bundle'])('serves the folder that it is started in, as %s', async (place) => {
    const before = process.cwd();
    const seen: number[] = [];
    let printed = '';
    process.chdir(join(folder, 'bundle'));
    try {
      printed = await serving(['--bundle', place], async (url) => {
        seen.push((await fetch(`${url}/hello`)).status);
      });
    } finally {
      process.chdir(before);
    }

    expect(seen).toEqual([200]);
    expect(printed).toMatch(/^bundle, version 2\.1\.0, /);
  });

  test('shows an EdgeKV item some time after the start, if told so', async () => {
    const args = ['--bundle', join(folder, 'bundle'), '--property', join(folder, 'property.json')];
    const seen: string[] = [];

    await serving([...args, '--late', '3600', '--seed', '5'], async (url) => {
      seen.push(await (await fetch(`${url}/hello`)).text());
    });

    expect(seen).toEqual(['nothing, you']);
  });

  test('shows an old value of an EdgeKV item for a while after the new one was seen, if told so', async () => {
    const property = write('stale.json', JSON.stringify({ edgeKv: { default: { words: { en: ['old', 'new'] } } } }));
    const args = ['--bundle', join(folder, 'bundle'), '--property', property, '--late', '3600', '--seed', '1'];
    const seen: string[] = [];
    let now = 0;

    await serving(
      args,
      async (url) => {
        for (; now <= 3_600_000; now += 60_000) {
          const [word = ''] = (await (await fetch(`${url}/hello`)).text()).split(',');
          seen.push(word);
        }
      },
      () => now,
    );

    expect(new Set(seen)).toEqual(new Set(['nothing', 'old', 'new']));
    expect(seen.lastIndexOf('old')).toBeGreaterThan(seen.indexOf('new'));
    expect([seen[0], seen.at(-1)]).toEqual(['nothing', 'new']);
  });

  test('counts what asks for more than the tier allows', async () => {
    write('many/bundle.json', FILES['bundle.json']);
    write(
      'many/main.js',
      `import { httpRequest } from 'http-request';
       export async function onClientRequest() { for (const n of [1, 2, 3]) await httpRequest('/' + n); }`,
    );

    const printed = await serving(['--bundle', join(folder, 'many'), '--tier', 'basic'], async (url) => {
      expect((await fetch(url)).status).toBe(500);
    });

    expect(printed).toMatch(/^onClientRequest +1 +ExecutionError 1 .* 2 +1$/m);
    expect(printed).toContain('sub-request 3 of one onClientRequest call: the tier allows 2');
  });

  test('ends and says why when something has killed the edge, and not first at Ctrl-C', async () => {
    const out = (line: string): void => {
      if (line.startsWith('http://')) for (const pid of edgeProcesses()) process.kill(pid, 'SIGKILL');
    };
    const command = parseEdgeRun(['--bundle', join(folder, 'bundle')]);

    const ended = edgeRun(command, { out, now: Date.now, interrupted: () => new AbortController().signal });

    await expect(ended).rejects.toMatchObject({ code: 'EDGE_GONE', message: expect.stringContaining('SIGKILL') });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['no bundle.json', { 'main.js': '' }, 'it has no bundle.json'],
    ['no version', { 'main.js': '', 'bundle.json': '{}' }, 'no edgeworker-version'],
    [
      'no main.js',
      { 'bundle.json': FILES['bundle.json'], 'index.js': '' },
      'it has no main.js, but bundle.json, index.js',
    ],
    [
      'a missing import',
      { ...FILES, 'main.js': `import './gone.js'; export function onClientRequest() {}` },
      `imports './gone.js'`,
    ],
    ['no event handler', { ...FILES, 'main.js': 'export default 1;' }, 'it exports no event handler'],
    ['what Akamai has and this edge has not', { ...FILES, 'main.js': `import 'html-rewriter';` }, 'this edge does not'],
    ['too much', { ...FILES, 'big.js': `//${'x'.repeat(1_048_576)}` }, 'at most 1048576 are taken'],
  ])('says what is wrong with a bundle: %s', async (name, files, seen) => {
    for (const [path, text] of Object.entries(files)) write(join('wrong', name, path), text);

    await expect(serving(['--bundle', join(folder, 'wrong', name)], async () => {})).rejects.toThrow(seen);
  });

  test('says what is wrong with a file that is no bundle, or not there', async () => {
    const junk = write('junk.tgz', 'junk');

    await expect(serving(['--bundle', junk], async () => {})).rejects.toThrow('it is no .tgz');
    await expect(serving(['--bundle', join(folder, 'none')], async () => {})).rejects.toThrow('it is not there');
  });

  test.each([
    ['no JSON', '{', 'it is no JSON'],
    ['an unknown word', '{"sight":"http://127.0.0.1:1"}', 'sight'],
    ['a host without origin', '{"hosts":{"a.example.com":{}}}', 'hosts.a.example.com.origin'],
    ['a variable that is none', '{"variables":{"path":{"value":"x"}}}', 'PMUSER_'],
    ['a path that is none', '{"paths":["page"]}', 'the rule path page'],
  ])('says what is wrong with a property: %s', async (_what, text, seen) => {
    const property = write('wrong.json', text);

    const started = serving(['--bundle', join(folder, 'bundle'), '--property', property], async () => {});

    await expect(started).rejects.toThrow(seen);
  });
});

describe('the command line', () => {
  test('has what Akamai takes by default', () => {
    const expected: EdgeRunCommand = {
      kind: 'edge run',
      bundle: 'x.tgz',
      tier: 'dynamic',
      port: 0,
      property: undefined,
      chance: { seed: 0, dropped: 0, lateSeconds: 0 },
    };
    expect(parseEdgeRun(['--bundle', 'x.tgz'])).toEqual(expected);
  });

  test.each([
    [[], '--bundle is missing'],
    [['--bundle', 'x', 'y'], 'seen an argument: y'],
    [['--bundle', 'x', '--tier', 'free'], '--tier: expected one of basic, dynamic, enterprise'],
    [['--bundle', 'x', '--port', '70000'], '--port: expected a port'],
    [['--bundle', 'x', '--drop', '1.5'], '--drop: expected a fraction'],
    [['--bundle', 'x', '--late', 'soon'], '--late: expected whole seconds'],
    [['--bundle', 'x', '--seed', '-1'], '--seed: expected a whole number'],
    [['--bundle', 'x', '--teir', 'basic'], 'did you mean --tier?'],
  ])('is refused where it is not one: %j', (args, seen) => {
    expect(() => parseEdgeRun(args)).toThrow(seen);
  });
});
