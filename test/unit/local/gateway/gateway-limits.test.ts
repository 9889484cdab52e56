import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createGateway } from '../../../../local/gateway/gateway.ts';
import { PortBusyError } from '../../../../local/listen.ts';
import { sendBytes, sendRequest } from './send-request.ts';
import { closeGateways, echo, expectOwnAnswer, PATH, post, ROUTE, startGateway } from './start-gateway.ts';

afterEach(closeGateways);

describe('the gateway by itself', () => {
  test.each([
    ['GET', PATH],
    ['POST', '/'],
    ['POST', '/v1/streams/web_events%2Fbatches/x'],
  ])('answers 404 to %s %s', async (method, path) => {
    const { origin } = await startGateway([echo]);
    expectOwnAnswer(await sendRequest(origin, { method, path }), 404, 'Not Found');
  });

  test('answers 400 to a broken path and to what is no HTTP', async () => {
    const { origin } = await startGateway([echo]);
    expectOwnAnswer(await sendRequest(origin, { path: '/%zz' }), 400, 'Bad Request');
    expect(await sendBytes(origin, 'no http\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n.*apigw-requestid: .*"Bad Request"/s,
    );
    expect(await sendBytes(origin, 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 .*apigw-requestid: /s,
    );
  });

  test('takes a head of 10,240 bytes and answers 431 to one byte more', async () => {
    const { origin } = await startGateway([echo]);
    const { port } = new URL(origin);
    const fixed =
      `POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 2\r\nx: \r\nConnection: close\r\n`.length;
    const value = 'v'.repeat(10_240 - fixed);
    expect((await post(origin, ['x', value])).status).toBe(200);
    expectOwnAnswer(await post(origin, ['x', `${value}v`]), 431, 'Request Header Fields Too Large');
  });

  test('answers 431 to a head that Node itself gives up on', async () => {
    const { origin } = await startGateway([echo]);
    const text = await sendBytes(origin, `GET / HTTP/1.1\r\nhost: h\r\nx: ${'v'.repeat(70_000)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 431 .*apigw-requestid: .*Request Header Fields Too Large/s);
  });

  test('answers 413 to a declared length over 10 MB without waiting for the body', async () => {
    const { origin, log } = await startGateway([echo]);
    const text = await sendBytes(origin, `POST ${PATH} HTTP/1.1\r\nhost: h\r\ncontent-length: 10485761\r\n\r\nabc`);
    expect(text).toMatch(/^HTTP\/1\.1 413 .*connection: close.*"Request Entity Too Large"/is);
    expect(log[0]?.reason).toBe('BODY_TOO_LARGE');
  });

  test('answers 413 to a sent body over 10 MB, and the caller can read it', async () => {
    const { origin } = await startGateway([echo]);
    expectOwnAnswer(await post(origin, [], new Uint8Array(10_485_761)), 413, 'Request Entity Too Large');
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    const head = `POST ${PATH} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect(await sendBytes(origin, head + chunk.repeat(12))).toMatch(/^HTTP\/1\.1 413 .*"Request Entity Too Large"/s);
  });

  test('answers 413 when the event is over what Lambda takes, which base64 reaches sooner', async () => {
    const integration = async (): Promise<unknown> => 'taken';
    const { origin, log } = await startGateway([{ ...ROUTE, integration }]);
    const body = new Uint8Array(4_719_000).fill(120);
    expect((await post(origin, ['content-type', 'text/csv'], body)).body).toBe('taken');
    expectOwnAnswer(
      await post(origin, ['content-type', 'application/x-ndjson'], body),
      413,
      'Request Entity Too Large',
    );
    expect(log[1]?.reason).toBe('EVENT_TOO_LARGE');
  });

  test('answers the next request on a connection after each of its own answers', async () => {
    const { origin } = await startGateway([echo]);
    const requests = ['/none', '/%zz', PATH].map(
      (path) => `POST ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n[]`,
    );
    const last = `GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`;
    const text = await sendBytes(origin, requests.join('') + last);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1])).toEqual(['404', '400', '200', '404']);
  });

  test('says which port is busy and what to do', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const refused = createGateway({ routes: [], now: Date.now }).listen(port);
    await expect(refused).rejects.toThrow(PortBusyError);
    await expect(refused).rejects.toMatchObject({
      code: 'PORT_BUSY',
      message: expect.stringContaining(`Port ${port}`),
    });
    await new Promise((resolve) => holder.close(resolve));
  });

  test('answers what it has begun before it stops, and then frees its port', async () => {
    let finish: (value: unknown) => void = () => undefined;
    let called: () => void = () => undefined;
    const wasCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const integration = (): Promise<unknown> =>
      new Promise((resolve) => {
        finish = resolve;
        called();
      });
    const { origin, gateway } = await startGateway([{ ...ROUTE, integration }]);
    const answer = post(origin);
    await wasCalled;
    const closed = gateway.close();
    await expect(sendRequest(origin, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish('done');
    expect((await answer).body).toBe('done');
    await closed;
    await startGateway([echo], Number(new URL(origin).port));
  });
});
