import { createHash, createHmac, generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { EdgeError } from '../../../../local/edge/edge-errors.ts';
import { endAll, evaluate, startTestEdge } from './start-test-edge.ts';

afterEach(endAll);

const NOTHING = 'export function onClientRequest() {}';

describe('what a bundle finds', () => {
  test('is JavaScript, and nothing of Node or of a browser', async () => {
    const names = [
      'fetch process setTimeout setInterval setImmediate queueMicrotask performance structuredClone Buffer require',
      'WebAssembly SharedArrayBuffer Atomics console crypto TextEncoder URL URLSearchParams ReadableStream atob',
    ].flatMap((line) => line.split(' '));

    const found = await evaluate(`${JSON.stringify(names)}.filter((name) => name in globalThis)`);

    expect(found).toEqual([]);
  });

  test('turns no text into code', async () => {
    const thrown = await evaluate(`[await told(() => eval('1')), await told(() => new Function('return 1')())]`);

    expect(thrown).toEqual([
      { thrown: expect.stringContaining('EvalError'), isError: true },
      { thrown: expect.stringContaining('EvalError'), isError: true },
    ]);
  });

  test('is a clock that stands still, however long it waits, and otherwise a Date', async () => {
    const before = Date.now();

    const clock = await evaluate(
      `(async () => {
        const first = Date.now();
        for (let turn = 0; turn < 2000; turn += 1) await crypto.subtle.digest('SHA-256', new Uint8Array(1000));
        return { first, last: Date.now(), made: new Date().getTime(), text: Date() === new Date().toString(),
          kind: new Date() instanceof Date, own: new Date().constructor === Date, given: new Date(0).toISOString(), parsed: Date.parse('1970-01-01'), utc: Date.UTC(1970, 0, 2) };
      })()`,
      `import { crypto } from 'crypto';`,
    );

    const first = expect.any(Number);
    expect(clock).toEqual({
      first,
      last: first,
      made: first,
      text: true,
      kind: true,
      own: true,
      given: '1970-01-01T00:00:00.000Z',
      parsed: 0,
      utc: 86_400_000,
    });
    const { first: one, last, made } = Object(clock);
    expect([last, made]).toEqual([one, one]);
    expect(one).toBeGreaterThanOrEqual(before);
    expect(one).toBeLessThanOrEqual(Date.now());
  });

  test('moves the clock on for the next call', async () => {
    const edge = await startTestEdge(`
      import { createResponse } from 'create-response';
      export function responseProvider() { return createResponse(200, {}, String(Date.now())); }`);
    const call = async (): Promise<number> => Number(await (await fetch(edge.url)).text());

    const first = await call();
    let next = first;
    while (next === first) next = await call();

    expect(next).toBeGreaterThan(first);
  });
});

describe('platform modules', () => {
  test('crypto signs, verifies, digests and imports as WebCrypto does', async () => {
    const key = 'k'.repeat(32);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });

    const made = await evaluate(
      `(async () => {
        const bytes = new TextEncoder().encode('abc');
        const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('${key}'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
        const mac = await crypto.subtle.sign('HMAC', key, bytes);
        const ec = await crypto.subtle.importKey('pkcs8', pem2ab(${JSON.stringify(pem)}), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
        const digest = await crypto.subtle.digest('SHA-256', bytes);
        return {
          mac: base64url.encode(new Uint8Array(mac)), digest: base16.encode(new Uint8Array(digest)), buffer: digest instanceof ArrayBuffer,
          right: await crypto.subtle.verify('HMAC', key, mac, bytes), wrong: await crypto.subtle.verify('HMAC', key, mac, new Uint8Array(3)),
          ec: base64.encode(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ec, bytes))),
          extractable: await told(() => crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])),
          refused: await told(() => crypto.subtle.digest('MD5', bytes)),
          random: crypto.getRandomValues(new Uint8Array(16)).some((byte) => byte > 0), missing: typeof crypto.randomUUID,
        };
      })()`,
      `import { crypto, pem2ab } from 'crypto'; import { TextEncoder, base16, base64, base64url } from 'encoding';`,
    );

    expect(made).toMatchObject({
      mac: createHmac('sha256', key).update('abc').digest('base64url'),
      digest: createHash('sha256').update('abc').digest('hex'),
      buffer: true,
      right: true,
      wrong: false,
      extractable: { thrown: expect.stringContaining('extractable'), isError: true },
      refused: { thrown: expect.stringContaining('digest'), isError: true },
      random: true,
      missing: 'undefined',
    });
    const signature = Buffer.from(Object(made).ec, 'base64');
    expect(verify('sha256', Buffer.from('abc'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  test('encoding goes both ways and refuses what is not of its alphabet', async () => {
    const made = await evaluate(
      `[
        new TextDecoder().decode(new TextEncoder().encode('żółw 🐢')), new TextEncoder().encode('ż') instanceof Uint8Array,
        base64.encode(new Uint8Array([251, 255])), base64url.encode(new Uint8Array([251, 255])), base16.encode(new Uint8Array([251, 255])),
        [...base64.decode('+/8=')], base64url.decode('YWJj', 'String'), [...base16.decode('fbff')], atob(btoa('abc')),
        await told(() => base64.decode('?')), await told(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))),
      ]`,
      `import { TextEncoder, TextDecoder, base16, base64, base64url, atob, btoa } from 'encoding';`,
    );

    const refused = { thrown: expect.stringContaining('Error'), isError: true };
    expect(made).toEqual([
      'żółw 🐢',
      true,
      '+/8=',
      '-_8',
      'fbff',
      [251, 255],
      'abc',
      [251, 255],
      'abc',
      refused,
      refused,
    ]);
  });

  test('url-search-params, log and streams work', async () => {
    const made = await evaluate(
      `(async () => {
        const params = new URLSearchParams(request.query);
        params.append('a', 'b c');
        logger.warn('%s is %d, %o', 'x', 1.9, { y: 1 });
        const source = new ReadableStream({ start(controller) { controller.enqueue('ab'); }, pull(controller) { controller.enqueue('cd'); controller.close(); } });
        const upper = new TransformStream({ async transform(chunk, controller) { controller.enqueue(chunk.toUpperCase()); } });
        const reader = source.pipeThrough(upper).pipeThrough(new TextEncoderStream()).getReader();
        const chunks = [];
        for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push([...part.value], part.value instanceof Uint8Array);
        const broken = new ReadableStream({ pull() { throw new RangeError('no more'); } });
        return { params: params.toString(), entries: [...params], chunks, broken: await told(() => broken.getReader().read()) };
      })()`,
      `import URLSearchParams from 'url-search-params'; import { logger } from 'log';
       import { ReadableStream, TransformStream } from 'streams'; import { TextEncoderStream } from 'text-encode-transform';`,
    );

    expect(made).toEqual({
      params: 'q=1&a=b+c',
      entries: [
        ['q', '1'],
        ['a', 'b c'],
      ],
      chunks: [[65, 66], true, [67, 68], true],
      broken: { thrown: 'RangeError: no more', isError: true },
    });
  });
});

describe('a bundle that Akamai would not load', () => {
  test.each([
    ['an unknown module', `import fs from 'node:fs'; ${NOTHING}`, `'node:fs'`],
    ['a file of its own that is not bundled', `import { a } from './a.js'; ${NOTHING}`, `'./a.js'`],
    ['a missing export of a module', `import { randomUUID } from 'crypto'; ${NOTHING}`, 'randomUUID'],
    ['a syntax error', `export function onClientRequest( {`, 'SyntaxError'],
    ['an exception at module level', `${NOTHING}; throw new Error('at load')`, 'at load'],
    [
      'a sub-request at module level',
      `import { httpRequest } from 'http-request'; await httpRequest('/x'); ${NOTHING}`,
      'the tier allows 0',
    ],
    ['an endless loop at module level', `${NOTHING}; for (;;);`, 'InitWallTimeoutError'],
    ['an endless wait at module level', `${NOTHING}; await new Promise(() => {});`, 'InitWallTimeoutError'],
    ['no event handler', 'export const a = 1;', 'no event handler'],
    ['a handler that this edge does not run', 'export function onBotSegmentAvailable() {}', 'onBotSegmentAvailable'],
  ])('is refused, and the error says why: %s', async (_what, mainJs, seen) => {
    const started = startTestEdge(mainJs);

    await expect(started).rejects.toThrow(EdgeError);
    await expect(started).rejects.toMatchObject({ code: 'BUNDLE_REFUSED', message: expect.stringContaining(seen) });
  });
});
