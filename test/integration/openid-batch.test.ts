import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { deriveBatchKey } from '../../functions/shared/batch-key.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import { parseVersionedKeys } from '../../functions/shared/versioned-keys.ts';
import { openFileSecretStore } from '../../local/file-secret-store.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { type OpenidProvider, startOpenidProvider } from './support/openid-provider.ts';
import { AUDIENCE, askForToken, BASIC_CLIENT, JWT_CLIENT } from './support/openid-tokens.ts';
import { queryStack } from './support/query-stack.ts';

const SOURCE = 'partner/1';

let folder: string;
let provider: OpenidProvider;
let stack: Stack;

/** The shipped policy, and beside its own issuer an external one, one of whose clients is a principal. */
function configWith({ issuer, keySetUrl }: OpenidProvider) {
  const principals = Object.entries(userConfig.principals ?? {}).map(([name, principal]) => [
    name,
    principal.claims === undefined ? principal : { ...principal, issuer: 'builtin' },
  ]);
  const partner = {
    issuer,
    claims: { client_id: BASIC_CLIENT.clientId },
    allow: [{ write: ['web_events'], sources: [SOURCE] }],
  };
  return parseConfig({
    ...userConfig,
    issuers: ['builtin', { url: issuer, audience: AUDIENCE, keySetUrl }],
    principals: { ...Object.fromEntries(principals), partner },
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-openid-'));
  provider = await startOpenidProvider({ clients: [BASIC_CLIENT, JWT_CLIENT], audience: AUDIENCE });
  stack = await startStack({ config: configWith(provider), dataDir: folder, say: () => {} });
});
afterAll(async () => {
  await stack?.stop();
  await provider?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(token: string) {
  const secrets = await openFileSecretStore(join(folder, 'secrets'));
  const [master] = parseVersionedKeys(await secrets.read('edgehouse/signing-master'));
  const batchId = randomUUID();
  const row = { event_time: new Date().toISOString(), event_name: 'partner', path: '/' };
  const request = batchRequest({
    stream: 'web_events',
    body: Buffer.from(JSON.stringify([row])),
    contentType: 'application/json',
    rows: 1,
    batchId,
    source: SOURCE,
    token,
    ...deriveBatchKey(master, token),
    nowSeconds: Math.floor(Date.now() / 1000),
  });
  const answer = await fetch(`${stack.ready.api}${request.path}`, {
    method: 'POST',
    headers: request.headers,
    body: Buffer.from(request.body),
  });
  return { status: answer.status, text: await answer.text(), batchId };
}

function auditLines(): readonly Record<string, unknown>[] {
  return readFileSync(stack.auditFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a batch under a token of an external issuer is stored as its principal’s, and the audit names the issuer', async () => {
  const { status, text, batchId } = await send(await askForToken(provider, BASIC_CLIENT));

  expect([status, text]).toEqual([200, expect.stringContaining('"stored"')]);
  const sql = `SELECT _principal, _auth, _trust, _source FROM edgehouse.web_events WHERE _batch_id = '${batchId}'`;
  expect(await queryStack(stack.ready, sql)).toEqual([['partner', 'token', 'client', SOURCE]]);
  const identity = expect.objectContaining({
    principal: 'partner',
    iss: provider.issuer,
    clientId: BASIC_CLIENT.clientId,
  });
  expect(auditLines().slice(-2)).toEqual([
    expect.objectContaining({ audit: 'identity', decision: 'allow', identity }),
    expect.objectContaining({ audit: 'batch', decision: 'allow', identity, batchId }),
  ]);
});

test('a client of the external issuer whom the policy does not know is refused, and nothing is stored', async () => {
  const { status, batchId } = await send(await askForToken(provider, JWT_CLIENT));

  expect(status).toBe(403);
  const sql = `SELECT count() FROM edgehouse.web_events WHERE _batch_id = '${batchId}'`;
  expect(await queryStack(stack.ready, sql)).toEqual([['0']]);
  expect(auditLines().at(-1)).toMatchObject({
    decision: 'deny',
    code: 'POLICY_DENIED',
    identity: { iss: provider.issuer, clientId: JWT_CLIENT.clientId },
  });
});
