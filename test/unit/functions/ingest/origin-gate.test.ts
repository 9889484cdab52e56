import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../../../config/parse-config.ts';
import { createOriginGate } from '../../../../functions/ingest/origin-gate.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { openIngest, type Sending } from './ingest-rig.ts';
import { refusalCode } from './refusal-code.ts';

const codeOf = (networks: readonly string[] | undefined, sourceIp: string) =>
  refusalCode(() => createOriginGate(networks)(sourceIp));

describe('the networks that batches may come from', () => {
  test.each<[string, string, string]>([
    ['192.0.2.0/24', '192.0.2.255', 'taken'],
    ['192.0.2.0/24', '192.0.3.0', 'POLICY_DENIED'],
    ['192.0.2.7/32', '192.0.2.7', 'taken'],
    ['192.0.2.7/32', '192.0.2.6', 'POLICY_DENIED'],
    ['2001:db8::/32', '2001:db8:ffff::1', 'taken'],
    ['2001:db8::/32', '2001:db9::1', 'POLICY_DENIED'],
    // One connection, written in two ways.
    ['192.0.2.0/24', '::ffff:192.0.2.1', 'taken'],
    ['192.0.2.0/24', '::ffff:192.0.3.1', 'POLICY_DENIED'],
    // Four bytes that happen to be the same.
    ['192.0.2.0/24', '2001:db8::c000:201', 'POLICY_DENIED'],
    ['192.0.2.0/24', '', 'POLICY_DENIED'],
    ['192.0.2.0/24', '192.0.2.1, 203.0.113.1', 'POLICY_DENIED'],
    ['192.0.2.0/24', '192.0.2.1:443', 'POLICY_DENIED'],
    ['192.0.2.0/24', '192.0.2.01', 'POLICY_DENIED'],
  ])('%s: %s is %s', (network, sourceIp, code) => {
    expect(codeOf([network], sourceIp)).toBe(code);
  });

  test('are asked of nobody where there is no list', () => {
    expect(codeOf(undefined, '203.0.113.1')).toBe('taken');
  });

  test('hold exactly the addresses that begin with the same bits', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.ipV4(), fc.integer({ min: 1, max: 32 }));
    const v6 = fc.tuple(fc.ipV6(), fc.ipV6(), fc.integer({ min: 1, max: 128 }));

    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.boolean(), ([network, other, prefix], near) => {
        // Two addresses at random share no network but a wide one: half of the time the other differs in the last bits only.
        const sourceIp = near ? flipBelow(network, prefix) : other;
        const width = bitsOf(network).length;
        const shift = BigInt(width - prefix);
        const same = toNumber(network) >> shift === toNumber(sourceIp) >> shift;
        expect(codeOf([`${network}/${prefix}`], sourceIp)).toBe(same ? 'taken' : 'POLICY_DENIED');
      }),
    );
  });

  test('let nothing pass that is no address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codeOf(['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'], `${text}x`)).toBe('POLICY_DENIED');
      }),
    );
  });
});

describe('ingest behind a list of networks', () => {
  const config = parseConfig({
    streams: { hits: {} },
    principals: { web: { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] } },
    production: { originIps: ['192.0.2.0/24', '2001:db8::/32'] },
  });
  const ingest = openIngest({}, memoryBatchSpool(), { config });

  test('takes a batch that comes from one of them', async () => {
    const { answer } = await ingest.send(from('2001:db8::1'));

    expect(answer.statusCode).toBe(200);
  });

  test('refuses another before it has looked at headers or body, and says in the audit line which rule it was', async () => {
    const { lines, send, inserts } = openIngest({}, memoryBatchSpool(), { config });

    const { answer, body } = await send(from('203.0.113.9', { headers: {} }));

    expect([answer.statusCode, body.code]).toEqual([403, 'POLICY_DENIED']);
    expect(lines).toEqual([
      expect.objectContaining({
        audit: 'batch',
        decision: 'deny',
        status: 403,
        code: 'POLICY_DENIED',
        rule: 'production.originIps',
        identity: expect.objectContaining({ principal: 'web' }),
      }),
    ]);
    // Nobody but the gateway reads the body: `bytes` would be in the line.
    expect(lines[0]).not.toHaveProperty('bytes');
    expect(inserts).toEqual([]);
  });

  test('tells the caller neither its address nor the networks', async () => {
    const { answer } = await ingest.send(from('203.0.113.9'));

    expect(answer.body).not.toMatch(/203\.0|192\.0|2001:/);
  });
});

/** A batch over a connection from there. */
function from(sourceIp: string, change: object = {}): Sending {
  return {
    change: (event) => ({
      ...event,
      ...change,
      requestContext: { ...event.requestContext, http: { ...event.requestContext.http, sourceIp } },
    }),
  };
}

/** Bits of an address as text, by arithmetic of the test's own. */
function bitsOf(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  }
  // `::ffff:192.0.2.1`: the last four bytes as IPv4.
  const hex = address.replace(/([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const [left, right] = [groups(head), groups(tail ?? '')];
  const middle = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

function toNumber(address: string): bigint {
  return BigInt(`0b${bitsOf(address)}`);
}

/** The same address with the bit just below the prefix the other way round; with the last bit of the prefix where there is none. */
function flipBelow(address: string, prefix: number): string {
  const bits = bitsOf(address);
  const at = Math.min(prefix, bits.length - 1);
  const flipped = `${bits.slice(0, at)}${bits[at] === '0' ? '1' : '0'}${bits.slice(at + 1)}`;
  const size = bits.length === 32 ? 8 : 16;
  const groups = flipped.match(new RegExp(`.{${size}}`, 'g')) ?? [];
  return size === 8
    ? groups.map((group) => Number.parseInt(group, 2)).join('.')
    : groups.map((group) => Number.parseInt(group, 2).toString(16)).join(':');
}
