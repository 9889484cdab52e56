import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TlsFilesMissingError } from '../../local/read-tls-files.ts';
import { startStack } from '../../local/start-stack.ts';
import {
  EDGE_ID,
  PARTNER_ID,
  STOLEN_SERIAL,
  WITH_CLIENT_CERTIFICATES,
} from '../cdk/support/client-certificates-config.ts';
import { type Authority, createAuthority } from '../unit/functions/authorizer/issue-certificate.ts';
import { type CertifiedStack, HOUR_MS, ROWS, startCertifiedStack, thumbprintOf } from './support/certified-stack.ts';
import { postClientBatch } from './support/edge-client-batch.ts';
import { type ClientTls, type Draft, send, sign } from './support/outside-client.ts';
import { queryStack } from './support/query-stack.ts';
import { synthesizeTemplate } from './support/synthesize-template.ts';

// Real TLS, with certificates that are made here: an outside client of node:https alone against the local gateway.

let rig: CertifiedStack;

beforeAll(async () => {
  rig = await startCertifiedStack();
});
afterAll(() => rig?.stop());

describe('a caller with a certificate', () => {
  test('and nothing else gets its batch stored, under its own name and proof', async () => {
    const batch = rig.withoutToken();

    const { status, text, audit } = await rig.post(batch, rig.tlsOf(rig.partner));

    expect([status, JSON.parse(text)]).toMatchObject([200, { outcome: 'stored', accepted: 1 }]);
    const identity = {
      principal: 'partner',
      auth: 'certificate',
      serial: 'A1B',
      spki: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(audit).toMatchObject([
      { audit: 'identity', decision: 'allow', identity },
      { audit: 'batch', decision: 'allow', identity, source: 'partner/import' },
    ]);
    const id = batch.headers['edge-batch-id'];
    expect(
      await queryStack(
        rig.stack.ready,
        `SELECT path, _principal, _auth, _source FROM edgehouse.web_events WHERE _batch_id = '${id}'`,
      ),
    ).toEqual([['/certified', 'partner', 'certificate', 'partner/import']]);
  });

  test('and the token of the same principal gets its batch stored, also where the token is bound to it', async () => {
    const { source } = rig.stack.ready;

    const free = await rig.post(await rig.withToken(12345, source), rig.tlsOf(rig.property));
    const tied = await rig.post(await rig.bound(12345, source, thumbprintOf(rig.property)), rig.tlsOf(rig.property));

    expect([free.status, tied.status]).toEqual([200, 200]);
    expect(free.audit).toMatchObject([{ identity: { auth: 'both', sub: 'ew:12345', serial: 'A1B' } }, {}]);
  });

  test('is judged anew at every request: nothing is kept for the next caller', async () => {
    const first = await rig.post(rig.withoutToken(), rig.tlsOf(rig.partner));
    const second = await rig.post(rig.withoutToken(), rig.tlsOf(rig.property));

    expect([first.status, second.status]).toEqual([200, 403]);
  });

  test('that needs a token too is let in by a token alone nowhere, and one that does not is at the token domain', async () => {
    const web = await rig.post(await rig.withToken(12345, rig.stack.ready.source), undefined);
    const app = await rig.post(await rig.withToken(12347, 'app'), undefined);

    expect([web.status, web.audit[0]?.code]).toEqual([403, 'CERTIFICATE_MISSING']);
    expect([app.status, app.audit[0]?.identity?.auth]).toEqual([200, 'token']);
  });

  test('signs with its own key, and with no other', async () => {
    const stranger = { ...rig.withoutToken(), keyId: 'p.app.1' };
    const { key, keyId } = await rig.itemOf(12345);
    const edge = { ...rig.withoutToken(), keyId, key: Buffer.from(key, 'base64url') };

    const answers = [await rig.post(stranger, rig.tlsOf(rig.partner)), await rig.post(edge, rig.tlsOf(rig.partner))];

    expect(answers.map(({ status, text }) => [status, JSON.parse(text).code])).toEqual(
      Array(2).fill([401, 'BATCH_SIGNATURE_INVALID']),
    );
  });
});

describe('the connection is refused', () => {
  test.each<[string, () => Promise<ClientTls>]>([
    ['without a certificate', async () => ({ ca: rig.authority.pem })],
    [
      'with a certificate of another CA',
      async () => rig.tlsOf(await (await createAuthority('CN=Example CA')).issue({ uris: [PARTNER_ID] })),
    ],
    [
      'with an expired certificate',
      async () => rig.tlsOf(await rig.authority.issue({ uris: [PARTNER_ID], notAfter: new Date(Date.now() - 1000) })),
    ],
    ['with a certificate for servers', async () => rig.tlsOf(rig.server)],
  ])('%s', async (_what, tls) => {
    const given = await tls();
    const before = readFileSync(rig.stack.auditFile, 'utf8');

    await expect(send(rig.stack.ready.api, sign(rig.withoutToken()), given)).rejects.toMatchObject({
      code: expect.any(String),
    });

    // Nobody was asked who that is.
    expect(readFileSync(rig.stack.auditFile, 'utf8')).toBe(before);
  });
});

describe('the gateway answers 403', () => {
  const issued = async (options: Parameters<Authority['issue']>[0]) => rig.tlsOf(await rig.authority.issue(options));

  test.each<[string, string, () => Promise<[Draft, ClientTls]>]>([
    [
      'to a CA’s certificate',
      'CERTIFICATE_DENIED',
      async () => [rig.withoutToken(), await issued({ uris: [PARTNER_ID], ca: true })],
    ],
    [
      'to two URIs',
      'CERTIFICATE_DENIED',
      async () => [rig.withoutToken(), await issued({ uris: [PARTNER_ID, EDGE_ID] })],
    ],
    [
      'to a certificate without clientAuth',
      'CERTIFICATE_DENIED',
      async () => [rig.withoutToken(), await issued({ uris: [PARTNER_ID], extendedKeyUsages: [] })],
    ],
    [
      'to a certificate on the deny list',
      'CERTIFICATE_DENIED',
      async () => [rig.withoutToken(), await issued({ uris: [PARTNER_ID], serial: STOLEN_SERIAL.replaceAll(':', '') })],
    ],
    [
      'to a certificate that nobody has',
      'CERTIFICATE_DENIED',
      async () => [rig.withoutToken(), await issued({ uris: [`${PARTNER_ID}/other`] })],
    ],
    [
      'to the certificate of one with the token of another',
      'CERTIFICATE_DENIED',
      async () => [await rig.withToken(12345, rig.stack.ready.source), rig.tlsOf(rig.partner)],
    ],
    [
      'to a token that is bound to another certificate',
      'CERTIFICATE_DENIED',
      async () => [await rig.bound(12345, rig.stack.ready.source, thumbprintOf(rig.partner)), rig.tlsOf(rig.property)],
    ],
    [
      'to a property’s certificate without a token',
      'TOKEN_MISSING',
      async () => [rig.withoutToken(), rig.tlsOf(rig.property)],
    ],
  ])('%s', async (_what, code, given) => {
    const [unsigned, tls] = await given();

    const { status, text, audit } = await rig.post(unsigned, tls);

    expect([status, text]).toEqual([403, '{"message":"Forbidden"}']);
    expect(audit).toMatchObject([{ audit: 'identity', decision: 'deny', code }]);
    const id = unsigned.headers['edge-batch-id'];
    expect(
      await queryStack(rig.stack.ready, `SELECT count() FROM edgehouse.web_events WHERE _batch_id = '${id}'`),
    ).toEqual([['0']]);
  });

  test('to a certificate that a header holds, at the token domain', async () => {
    const unsigned = rig.withoutToken();
    const pem = rig.partner.pem.replaceAll('\n', ' ');
    Object.assign(unsigned.headers, { 'x-amzn-mtls-clientcert-leaf': pem, 'x-forwarded-client-cert': pem });

    const { status, audit } = await rig.post(unsigned, undefined);

    expect([status, audit[0]?.code]).toEqual([403, 'TOKEN_MISSING']);
  });

  test('to a certificate that has expired by the authorizer’s clock', async () => {
    rig.setAhead(2 * HOUR_MS);

    const { status, audit } = await rig.post(rig.withoutToken(), rig.tlsOf(rig.partner)).finally(() => rig.setAhead(0));

    expect([status, audit[0]?.code]).toEqual([403, 'CERTIFICATE_DENIED']);
  });
});

describe('the local stack of such a config', () => {
  test('has EdgeWorkers that come through the property’s certificate', async () => {
    const id = randomUUID();

    const { status } = await postClientBatch(rig.stack.ready, { id, events: [{ ...ROWS[0], event_name: id }] });

    expect(status).toBe(202);
    const rows = `SELECT _principal, _auth FROM edgehouse.web_events WHERE event_name = '${id}'`;
    expect(await queryStack(rig.stack.ready, rows)).toEqual([['web-collector', 'both']]);
  });

  test('does not start without certificates', async () => {
    const starting = startStack({
      config: WITH_CLIENT_CERTIFICATES,
      dataDir: join(rig.dataDir, 'other'),
      say: () => {},
      template: () => synthesizeTemplate(WITH_CLIENT_CERTIFICATES),
    });

    await expect(starting).rejects.toBeInstanceOf(TlsFilesMissingError);
  });
});
