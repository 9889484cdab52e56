import { createPrivateKey, sign as signRsa } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveBatchKey } from '../../../functions/shared/batch-key.ts';
import { parseVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { type Stack, startStack } from '../../../local/start-stack.ts';
import { EDGE_ID, PARTNER_ID, WITH_CLIENT_CERTIFICATES } from '../../cdk/support/client-certificates-config.ts';
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
  SERVER_AUTH,
} from '../../unit/functions/authorizer/issue-certificate.ts';
import { type Answer, type ClientTls, type Draft, draft, type Item, send, sign } from './outside-client.ts';
import { synthesizeTemplate } from './synthesize-template.ts';

export const ROWS = [{ event_time: '2026-11-23T10:00:00.123Z', path: '/certified', status: 200 }];
export const HOUR_MS = 3_600_000;

/** A local stack behind real TLS, with certificates that are made here. */
export interface CertifiedStack {
  readonly stack: Stack;
  readonly dataDir: string;
  readonly authority: Authority;
  /** Of the gateway. */
  readonly server: IssuedCertificate;
  /** Of the property that EdgeWorkers come through, and of a partner without a token. */
  readonly property: IssuedCertificate;
  readonly partner: IssuedCertificate;
  /** Puts the clock of the stack so far ahead of the machine's. */
  setAhead(milliseconds: number): void;
  tlsOf(certificate: IssuedCertificate): ClientTls;
  secretText(name: string): string;
  itemOf(edgeWorkerId: number): Promise<Item>;
  withToken(edgeWorkerId: number, source: string): Promise<Draft>;
  /** A batch of the partner: no Authorization, and a signature with its own key. */
  withoutToken(): Draft;
  /** The EdgeWorker's token, bound to a certificate by the same issuer, and the batch key that belongs to it. */
  bound(edgeWorkerId: number, source: string, thumbprint: string): Promise<Draft>;
  /** @param tls without one the batch goes to the token domain @returns the lines of the audit about it, too */
  post(unsigned: Draft, tls: ClientTls | undefined): Promise<AuditedAnswer>;
  stop(): Promise<void>;
}

interface AuditedAnswer extends Answer {
  readonly audit: readonly AuditLine[];
}

interface AuditLine {
  readonly requestId: string;
  readonly code?: string;
  readonly identity?: { readonly auth: string };
}

export async function startCertifiedStack(): Promise<CertifiedStack> {
  let ahead = 0;
  const dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-certificates-'));
  const authority = await createAuthority('CN=Example CA', new Date(Date.now() - HOUR_MS));
  const server = await authority.issue({
    subject: 'CN=127.0.0.1',
    ip: ['127.0.0.1'],
    extendedKeyUsages: [SERVER_AUTH],
  });
  const property = await authority.issue({ uris: [EDGE_ID], subject: 'CN=property' });
  const partner = await authority.issue({ uris: [PARTNER_ID], notAfter: new Date(Date.now() + HOUR_MS) });
  const config = WITH_CLIENT_CERTIFICATES;
  const stack = await startStack({
    config,
    dataDir,
    say: () => {},
    clock: () => Date.now() + ahead,
    template: () => synthesizeTemplate(config),
    tls: {
      gateway: { certificate: server.pem, privateKey: server.privateKey, truststore: authority.pem },
      property: { certificate: property.pem, privateKey: property.privateKey, authorities: authority.pem },
    },
  });

  const secretText = (name: string) => readFileSync(join(dataDir, 'secrets', encodeURIComponent(name)), 'utf8');

  async function itemOf(edgeWorkerId: number): Promise<Item> {
    const url = stack.ready.edgekvItem.replace(/[^/]+$/, String(edgeWorkerId));
    return (await (await fetch(url)).json()) as Item;
  }

  async function withToken(edgeWorkerId: number, source: string): Promise<Draft> {
    return draft(await itemOf(edgeWorkerId), source, ROWS);
  }

  function withoutToken(): Draft {
    const { version, key } = JSON.parse(secretText('edgehouse/principal-keys/partner'));
    const unsigned = draft({ token: '', key, keyId: `p.partner.${version}` }, 'partner/import', ROWS);
    return { ...unsigned, headers: { ...unsigned.headers, authorization: undefined } };
  }

  async function bound(edgeWorkerId: number, source: string, thumbprint: string): Promise<Draft> {
    const { token } = await itemOf(edgeWorkerId);
    const [header = '', payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const part = Buffer.from(JSON.stringify({ ...claims, cnf: { 'x5t#S256': thumbprint } })).toString('base64url');
    const key = createPrivateKey(secretText('edgehouse/issuer-key-a'));
    const rebound = `${header}.${part}.${signRsa('sha256', Buffer.from(`${header}.${part}`), key).toString('base64url')}`;
    const [master] = parseVersionedKeys(secretText('edgehouse/signing-master'));
    const { keyId, key: batchKey } = deriveBatchKey(master, rebound);
    return draft({ token: rebound, keyId, key: Buffer.from(batchKey).toString('base64url') }, source, ROWS);
  }

  return {
    stack,
    dataDir,
    authority,
    server,
    property,
    partner,
    setAhead: (milliseconds) => {
      ahead = milliseconds;
    },
    tlsOf: ({ pem, privateKey }) => ({ ca: authority.pem, cert: pem, key: privateKey }),
    secretText,
    itemOf,
    withToken,
    withoutToken,
    bound,
    async post(unsigned, tls) {
      const { api, tokenApi = '' } = stack.ready;
      const answer = await send(tls === undefined ? tokenApi : api, sign(unsigned), tls);
      const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
      const audit = lines
        .map((line): AuditLine => JSON.parse(line))
        .filter(({ requestId }) => requestId === answer.headers['apigw-requestid']);
      return { ...answer, audit };
    },
    async stop() {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const thumbprintOf = ({ x509 }: IssuedCertificate) =>
  Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
