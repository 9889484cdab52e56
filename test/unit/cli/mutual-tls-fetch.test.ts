import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openMutualTlsFetch, TlsFileError } from '../../../cli/mutual-tls-fetch.ts';
import { createAuthority, SERVER_AUTH } from '../functions/authorizer/issue-certificate.ts';

let folder: string;
let server: Server;
let origin: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-fetch-'));
  const authority = await createAuthority();
  const client = await authority.issue({ subject: 'CN=client' });
  const own = await authority.issue({ ip: ['127.0.0.1'], extendedKeyUsages: [SERVER_AUTH] });
  const files = { 'c.pem': client.pem, 'k.pem': client.privateKey, 'a.pem': authority.pem };
  for (const [name, text] of Object.entries(files)) writeFileSync(file(name), text);
  const tls = { cert: own.pem, key: own.privateKey, ca: authority.pem, requestCert: true };
  server = createServer(tls, async (request, response) => {
    const body = (await buffer(request)).toString();
    const { method, url, headers, socket } = request;
    const subject = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.subject : undefined;
    if (url === '/none') return void response.writeHead(204).end();
    if (url === '/moved') return void response.writeHead(302, { location: 'https://elsewhere.example' }).end();
    if (url === '/never') return;
    response
      .writeHead(201, { 'x-two': ['a', 'b'] })
      .end(JSON.stringify({ method, url, body, type: headers['content-type'], subject }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function open() {
  return openMutualTlsFetch({ certificate: file('c.pem'), key: file('k.pem'), authorities: file('a.pem') });
}

describe('fetch with a client certificate', () => {
  test('sends what fetch sends, shows the certificate, and answers as fetch does', async () => {
    const { fetch, close } = await open();

    const init = { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: new TextEncoder().encode('é') };
    const answer = await fetch(`${origin}/batches`, init);

    expect([answer.status, answer.headers.get('x-two')]).toEqual([201, 'a, b']);
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/batches',
      body: 'é',
      type: 'text/csv',
      subject: 'CN=client',
    });
    close();
  });

  test('follows no redirect, and takes an answer without a body', async () => {
    const { fetch, close } = await open();

    const statuses = [await fetch(`${origin}/moved`), await fetch(`${origin}/none`)].map(({ status }) => status);

    expect(statuses).toEqual([302, 204]);
    close();
  });

  test('ends when it is told to, and believes no server of an unknown CA', async () => {
    const [{ fetch, close }, strict] = [
      await open(),
      await openMutualTlsFetch({ certificate: file('c.pem'), key: file('k.pem'), authorities: undefined }),
    ];
    const aborted = new AbortController();
    const waiting = fetch(`${origin}/never`, { signal: aborted.signal });
    aborted.abort();

    await expect(waiting).rejects.toThrow('abort');
    await expect(strict.fetch(origin)).rejects.toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    close();
    strict.close();
  });

  test('says which option names a file that cannot be read', async () => {
    const opening = openMutualTlsFetch({ certificate: file('none.pem'), key: file('k.pem'), authorities: undefined });

    await expect(opening).rejects.toBeInstanceOf(TlsFileError);
    await expect(opening).rejects.toThrow('--certificate');
  });
});
