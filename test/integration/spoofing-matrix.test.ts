import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import {
  headerOf,
  type Sender,
  type Spoof,
  signed,
  unsignedBatch,
  withBody,
  withHeader,
} from './support/spoof-batch.ts';
import { spoofedBodies } from './support/spoof-bodies.ts';
import { createExaminer, type Examiner } from './support/spoof-examiner.ts';
import { spoofedHeaders, spoofedPaths } from './support/spoof-headers.ts';
import { judge } from './support/spoof-oracle.ts';
import { batchKeyOf } from './support/spoof-oracle-signature.ts';
import { faultsInOrder } from './support/spoof-order.ts';
import { openScene, type Scene } from './support/spoof-scene.ts';
import { spoofedSignatures } from './support/spoof-signatures.ts';
import { mintToken, spoofedTokens } from './support/spoof-tokens.ts';

// Thousands of requests that are not quite right, made by rule and judged by an oracle that knows the contract's words only. The
// answer, the audit lines and, at the end, the whole database have to be as it says.

let scene: Scene;
let examiner: Examiner;

beforeAll(async () => {
  scene = await openScene();
  examiner = createExaminer(scene);
}, 120_000);

afterAll(() => scene?.stop());

test('a header in any form is answered as the contract has it', async () => {
  const { web, collector } = scene.senders;

  const differences = await examiner.examine(spoofedHeaders(web, collector, scene.now()));

  expect(differences).toEqual([]);
}, 120_000);

test('an address or a method that is not the signed one is answered as the contract has it', async () => {
  expect(await examiner.examine(spoofedPaths(scene.senders.web, scene.now()))).toEqual([]);
});

test('a token that says anything else is taken only where it may', async () => {
  const { senders, mint, master } = scene;

  const differences = await examiner.examine(spoofedTokens(senders.web, scene.now(), mint, master));

  expect(differences).toEqual([]);
}, 120_000);

test('a signature of any other form is none', async () => {
  const forger = { sender: scene.senders.web, now: scene.now(), master: scene.master };

  expect(await examiner.examine(spoofedSignatures(forger))).toEqual([]);
});

test('a body of other bytes is refused by digest or signature, and by what it says where its sender signs it', async () => {
  expect(await examiner.examine(spoofedBodies(scene.senders.web, scene.now()))).toEqual([]);
}, 120_000);

/** Every way to put token, key, key id, source and stream of two principals together. */
function pairings(one: Sender, other: Sender, now: number): readonly Spoof[] {
  const both = [one, other];
  return both.flatMap(({ token }, first) =>
    both.flatMap(({ key }, second) =>
      both.flatMap(({ keyId }, third) =>
        both.flatMap(({ source }, fourth) =>
          [...new Set([one.stream, other.stream, 'nope'])].map((stream): Spoof => {
            const name = `token ${first}, key ${second}, keyid ${third}, source ${fourth}, stream ${stream}`;
            return { name, request: signed(unsignedBatch({ token, key, keyId, source, stream }, now)) };
          }),
        ),
      ),
    ),
  );
}

test('of two principals’ credentials only those of one and the same open a stream', async () => {
  const pairs = Object.values(scene.senders).flatMap((one, at, all) =>
    all.slice(at + 1).map((other) => [one, other] as const),
  );

  const differences = await examiner.examine(pairs.flatMap(([one, other]) => pairings(one, other, scene.now())));

  expect(differences).toEqual([]);
});

test('of two faults the one that comes first in the contract answers', async () => {
  const { senders, mint, master } = scene;
  const token = mintToken(mint, { claims: { exp: scene.now() + 5 } });
  const expired: Sender = { ...senders.web, token, ...batchKeyOf(master, token) };
  const taken = await examiner.examine([
    { name: 'before it expires', request: signed(unsignedBatch(expired, scene.now())) },
  ]);
  scene.move(35);
  const faults = faultsInOrder(senders.web, expired, senders.app, scene.now());

  const differences = await examiner.examine(faults);

  expect([...taken, ...differences]).toEqual([]);
  const known = scene.known(new Set([`Bearer ${token}`]));
  expect(faults.filter(({ request, code }) => judge(request, known).code !== code).map(({ name }) => name)).toEqual([]);
}, 120_000);

test('a batch that comes again is taken again and stored once, and its id with other bytes is another batch', async () => {
  const { web, collector } = scene.senders;
  const good = signed(unsignedBatch(web, scene.now()));
  const id = headerOf(good, 'edge-batch-id');
  const others = signed(withBody({ ...good }, Buffer.concat([good.body, Buffer.from('\n')])));
  const ofAnother = signed(withHeader(unsignedBatch(collector, scene.now()), 'edge-batch-id', id));
  const repeated = [good, good, signed({ ...good, created: good.created + 1 }), others, ofAnother, good];

  const differences = await examiner.examine(repeated.map((request, at) => ({ name: `time ${at}`, request })));
  scene.move(301);
  const late = await examiner.examine([{ name: 'after 301 seconds', request: good }]);

  expect([...differences, ...late]).toEqual([]);
  const ledger = await rowsOf(
    `SELECT principal, stored, quarantined, missing, duplicates FROM edgehouse.batches WHERE batch_id = '${id}' ORDER BY principal`,
  );
  expect(ledger).toEqual([
    ['web-collector', '1', '0', '0', '0'],
    ['web-edge', '1', '0', '0', '0'],
    ['web-edge', '1', '0', '0', '0'],
  ]);
});

test('the database holds what was answered 200 or 422, and nothing else', async () => {
  const found = await rowsOf(
    `SELECT DISTINCT 'web_events', toString(_batch_id) FROM edgehouse.web_events
     UNION ALL SELECT DISTINCT 'app_events', toString(_batch_id) FROM edgehouse.app_events
     UNION ALL SELECT DISTINCT 'quarantine', toString(_batch_id) FROM edgehouse.quarantine`,
  );
  const ledger = await rowsOf('SELECT DISTINCT toString(batch_id) FROM edgehouse.batches');

  expect(found.map((row) => row.join(' ')).sort()).toEqual([...examiner.stored].sort());
  expect(ledger.flat().sort()).toEqual([...new Set([...examiner.stored].map((place) => place.split(' ')[1]))].sort());
  expect([scene.stack.queue.waiting(), scene.stack.queue.dead()]).toEqual([0, 0]);
});

test('every code was met that a batch can have while all is well, or a token where no certificate is', () => {
  const met = [...examiner.tally.keys()];

  expect(met.filter((outcome) => /^[A-Z]/.test(outcome)).sort()).toEqual(CODES);
  expect(met.filter((outcome) => /^[0-9]/.test(outcome)).sort()).toEqual(['200', '400', '401', '404', '431']);
});

const CODES = [
  'AUDIENCE_MISMATCH',
  'BATCH_SIGNATURE_INVALID',
  'BATCH_SIGNATURE_STALE',
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'CERTIFICATE_MISSING',
  'DIGEST_MISMATCH',
  'ENCODING_UNSUPPORTED',
  'HEADER_MALFORMED',
  'HEADER_MISMATCH',
  'HEADER_MISSING',
  'INFLATE_LIMIT',
  'ISSUER_UNKNOWN',
  'KEY_UNKNOWN',
  'MEDIA_TYPE_UNSUPPORTED',
  'POLICY_DENIED',
  'ROWS_EMPTY',
  'ROWS_REFUSED',
  'ROWS_TOO_MANY',
  'SIGNATURE_INVALID',
  'STREAM_UNKNOWN',
  'TOKEN_EXPIRED',
  'TOKEN_MALFORMED',
  'TOKEN_NOT_YET_VALID',
  'TYPE_MISMATCH',
];

async function rowsOf(query: string): Promise<readonly (readonly string[])[]> {
  const admin = new URL(scene.stack.ready.clickhouseAdmin ?? '');
  const client = createAdminClient({ url: admin.origin, user: admin.username, password: admin.password });
  try {
    const result = await client.query({ query, format: 'JSONCompactStringsEachRow' });
    return await result.json<string[]>();
  } finally {
    await client.close();
  }
}
