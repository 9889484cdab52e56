import { expect, test } from '@jest/globals';
import { drawHearing } from '../../local/edge/draw-hearing.ts';
import { startEdge } from '../../local/edge/start-edge.ts';
import { buildChaosBundle } from '../faults/support/chaos-bundles.ts';
import { API_HOST, EDGEKV_HOST } from '../faults/support/chaos-world.ts';
import { ingestAnswer, item, RECEIPT } from './support/edge-fault-cases.ts';
import { startOddSite } from './support/edge-odd-site.ts';
import { startStub } from './support/edge-stub.ts';
import { visible, visit } from './support/edge-visitor.ts';

const PAGES = 24;
const CHANCE = { seed: 11, dropped: 0.7 };

test('where Akamai drops what a handler left behind, no page changes, and an event comes once or not at all', async () => {
  const [edgeKv, ingest] = [await startStub(() => 'edge'), await startStub(() => 'edge')];
  const [reads, posts] = [
    edgeKv.script('edge', [item('aa.token.cc')]),
    ingest.script('edge', [ingestAnswer(200, RECEIPT)]),
  ];
  const site = await startOddSite();
  const mainJs = await buildChaosBundle('early', 12345);
  const edge = await startEdge({
    tier: 'basic',
    // Each page is served by a context of its own: nothing is held from one to the next.
    contexts: PAGES,
    chance: CHANCE,
    site: site.url,
    rules: [{ path: '/*', edgeWorkerId: 12345, version: '1.0.0', mainJs }],
    properties: {
      [API_HOST]: { origin: ingest.origin, allowPost: true },
      [EDGEKV_HOST]: { origin: edgeKv.origin, allowPost: false },
    },
  });
  try {
    const direct = await visit(site.url, { target: '/odd' });
    const draw = drawHearing(CHANCE);
    const hears = Array.from({ length: PAGES }, () => draw());

    const seen = [];
    for (let page = 0; page < PAGES; page++) seen.push(await visit(edge.url, { target: '/odd' }));
    const { handlers } = await edge.report();
    // Ends when all that was left behind has ended.
    await edge.stop();

    expect(seen.map(visible)).toEqual(Array(PAGES).fill(visible(direct)));
    expect(new Set(hears)).toEqual(new Set([0, 1, 2, undefined]));
    expect(reads.calls).toHaveLength(PAGES);
    // Who does not hear EdgeKV has nothing to sign with; who does not hear ingest has sent its event all the same.
    expect(posts.calls).toHaveLength(hears.filter((heard) => heard !== 0).length);
    expect(new Set(posts.calls.map(({ headers }) => headers['edge-batch-id'])).size).toBe(posts.calls.length);
    expect(handlers).toMatchObject([{ invocations: PAGES, failures: {}, logLines: [] }]);
  } finally {
    await edge.stop();
    await Promise.all([site.close(), edgeKv.close(), ingest.close()]);
  }
}, 60_000);
