import fc from 'fast-check';
import { REQUIRED_HEADERS } from '../../integration/support/documented-batch.ts';
import {
  headerOf,
  type Sender,
  signed,
  type UnsignedBatch,
  unsignedBatch,
  withBody,
  withHeader,
} from '../../integration/support/spoof-batch.ts';
import { bodyFor, type FuzzBody } from './fuzz-bodies.ts';
import { seldom } from './fuzz-rows.ts';
import { FUZZ_TABLES, type FuzzTable } from './fuzz-tables.ts';

/** A request that is made whole when it is known when and by whom it is sent. */
export interface FuzzCase {
  readonly table: FuzzTable;
  readonly body: FuzzBody;
  readonly changes: readonly Change[];
  /** Seconds from now to the end of the token. */
  readonly expiresIn: number;
}

type Change = {
  /** Whether the sender knows of it and signs it, or somebody changes it on the way. */
  readonly when: 'signed' | 'afterwards';
  readonly apply: (batch: UnsignedBatch) => UnsignedBatch;
};

/** @param id as `Edge-Batch-Id` */
export function requestOf({ table, body, changes }: FuzzCase, sender: Sender, now: number, id: string): UnsignedBatch {
  const { bytes, contentType, gzip, rows } = body;
  const own = { ...sender, stream: table.stream };
  const good = withHeader(unsignedBatch(own, now, { body: bytes, contentType, gzip, rows }), 'edge-batch-id', id);
  const apply = (batch: UnsignedBatch, when: Change['when']) =>
    changes.reduce((made, change) => (change.when === when ? change.apply(made) : made), batch);
  return apply(signed(apply(good, 'signed')), 'afterwards');
}

const setTo = (name: string, value: (good: string) => string) => (batch: UnsignedBatch) =>
  withHeader(batch, name, value(headerOf(batch, name)));

const values = (name: string, texts: readonly string[]) =>
  fc.constantFrom(...texts).map((text) => setTo(name, () => text));

const TYPES = [
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;charset=latin1',
  'application/json ;  charset="UTF-8"',
  'application/x-ndjson;charset=utf-8',
  'text/csv; header=present',
  'text/csv',
  'text/CSV; charset=UTF-8',
  'text/plain',
  'application/x-ndjson',
  'application/json',
  '',
];

/** What a sender may say and sign, wrong or odd. */
const honest: fc.Arbitrary<Change['apply']> = fc.oneof(
  values('content-type', TYPES),
  values('content-encoding', ['gzip', 'br', 'identity', 'GZIP', '', 'gzip, gzip', 'gzip ']),
  values('edge-batch-rows', ['0', '01', '1', '2', '3', '1e1', '-1', '+1', '999999999', '1000000000', '']),
  fc.integer({ min: -1, max: 1 }).map((more) => setTo('edge-batch-rows', (rows) => String(Number(rows) + more))),
  values('edge-source', [
    'ew/2/1',
    'ew/1/',
    'ew/1',
    'ew/1/x',
    'ew/1/a,b',
    `ew/1/${'s'.repeat(251)}`,
    `ew/1/${'s'.repeat(252)}`,
    'ew/1/\u00e9',
    'ew/1/a b',
    '',
  ]),
  fc.constantFrom(
    setTo('edge-batch-id', (id) => id.toUpperCase()),
    setTo('edge-batch-id', (id) => `{${id}}`),
    setTo('edge-batch-id', (id) => id.replaceAll('-', '')),
    setTo('edge-batch-id', (id) => ` \t${id} `),
    setTo('content-digest', (digest) => digest.replace('sha-256', 'sha-512')),
    setTo('content-digest', (digest) => `${digest}, ${digest}`),
    setTo('content-digest', () => `sha-256=:${'A'.repeat(43)}=:`),
  ),
  fc
    .constantFrom(-301, -300, 60, 61, -1)
    .map((by) => (batch: UnsignedBatch) => ({ ...batch, created: batch.created + by })),
  fc.constant((batch: UnsignedBatch) => ({ ...batch, key: Buffer.alloc(32, 9) })),
  fc.constantFrom('9.abc', '', '1.AAAAAAAAAAAAAAAA').map((keyId) => (batch: UnsignedBatch) => ({ ...batch, keyId })),
  fc.constantFrom('nope', 'constructor', '__proto__', 'quarantine').map((stream) => (batch: UnsignedBatch) => {
    const path = `/v1/streams/${stream}/batches`;
    return { ...batch, target: path, signedPath: path };
  }),
);

const header = fc.constantFrom(...REQUIRED_HEADERS);

/** A character of the value taken out or changed. */
const garbled = (good: string, where: number, letter: string) => {
  const start = Math.floor(good.length * where);
  return `${good.slice(0, start)}${letter}${good.slice(start + 1)}`;
};

/** What becomes of a header that somebody loses, repeats or garbles. */
const ofHeaders: fc.Arbitrary<Change['apply']> = fc.oneof(
  header.map((name) => (batch: UnsignedBatch) => withHeader(batch, name)),
  header.map((name) => (batch: UnsignedBatch) => withHeader(batch, name, headerOf(batch, name), headerOf(batch, name))),
  header
    .map((name) => (batch: UnsignedBatch) => withHeader(batch, name.toUpperCase(), headerOf(batch, name)))
    .map((apply) => (batch: UnsignedBatch) => ({
      ...apply(batch),
      headers: apply(batch).headers.filter(
        ([name], at, all) => all.findIndex(([other]) => other.toLowerCase() === name.toLowerCase()) === at,
      ),
    })),
  header.map((name) => setTo(name, (good) => ` \t ${good}\t`)),
  fc
    .tuple(
      header,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.constantFrom('', 'x', '0', '=', ';', '"', ',', ' ', '\u00a0'),
    )
    // Another good id would be the batch of another case.
    .filter(([name, , letter]) => name !== 'edge-batch-id' || letter !== '0')
    .map(([name, where, letter]) => setTo(name, (good) => garbled(good, where, letter))),
);

/** What only somebody else would do: the bytes are no more those that were signed. */
const foul: fc.Arbitrary<Change['apply']> = fc.constantFrom(
  (batch: UnsignedBatch) => ({ ...batch, body: Buffer.concat([batch.body, Buffer.from(' ')]) }),
  (batch: UnsignedBatch) => withBody(batch, Buffer.concat([batch.body, Buffer.from(' ')])),
  (batch: UnsignedBatch) => ({ ...batch, body: Buffer.alloc(0) }),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: honest.map((apply): Change => ({ when: 'signed', apply })) },
  { weight: 3, arbitrary: ofHeaders.map((apply): Change => ({ when: 'signed', apply })) },
  { weight: 3, arbitrary: ofHeaders.map((apply): Change => ({ when: 'afterwards', apply })) },
  { weight: 1, arbitrary: foul.map((apply): Change => ({ when: 'afterwards', apply })) },
);

const changes = fc.oneof(
  { weight: 7, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
);

/** Requests of every kind; most reach the table. */
export const FUZZ_CASES: fc.Arbitrary<FuzzCase> = fc.oneof(
  ...FUZZ_TABLES.map((table) =>
    fc.record({
      table: fc.constant(table),
      body: bodyFor(table),
      changes,
      expiresIn: seldom(60, fc.constantFrom(-30, -29, 0, -3_600), 3_600),
    }),
  ),
);
