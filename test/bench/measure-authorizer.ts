import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { SignJWT } from 'jose';
import { bundleFunction } from '../../cdk/bundle-function.ts';
import type { Config } from '../../config/schema.ts';
import { createAuthorize } from '../../functions/authorizer/authorize.ts';
import { trustedIssuers } from '../../functions/authorizer/trusted-issuer.ts';
import { publicJwk } from '../../functions/shared/public-jwk.ts';
import { authorizerEvent } from '../../local/gateway/gateway-events.ts';
import { createBareJoseVerify } from './baseline/bare-jose-verify.ts';
import { type CompareOptions, compare } from './compare.ts';
import { type Figure, figure } from './figure.ts';

const ISSUER = 'https://issuer.example';
const SECONDS = 3_600;

/**
 * The authorizer's whole decision for a good RS256 token whose key is at hand, in milliseconds: event in, answer and audit line out. The
 * baseline is `bare-jose-verify.ts`, in the same process.
 */
export async function measureDecision(config: Config, options: CompareOptions): Promise<readonly Figure[]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicJwk(publicKey.export({ format: 'jwk' }));
  const keys = { keys: [jwk] };
  const audience = config.issuers[0]?.audience ?? '';
  const sub = Object.values(config.principals).find(({ claims }) => claims !== undefined)?.claims?.['sub'] ?? '';
  const token = await new SignJWT({ client_id: sub, jti: '0193a5b0-7c1e-7f00-8000-000000000000', scope: 'ingest' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime(`${SECONDS}s`)
    .sign(privateKey);
  const authorize = createAuthorize({
    config,
    issuers: trustedIssuers(config.issuers, { issuer: ISSUER, keySetUrl: `${ISSUER}/jwks.json` }),
    keySetFor: async () => keys,
    clock: Date.now,
    // Made into text as the real one is, and then written nowhere.
    audit: (line) => void JSON.stringify(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  const event = eventWith(token);
  const verify = createBareJoseVerify(keys, { issuer: ISSUER, audience });
  const result = await compare(
    () => async () => {
      if (!(await authorize(event)).isAuthorized) throw new RangeError('The token is good and must be taken');
    },
    () => () => verify(token),
    options,
  );
  return [
    figure('authorizer decision ms, RS256, p50', 'ms', result.ours, result.baseline),
    figure('authorizer decision ms, RS256, p99', 'ms', result.oursP99, result.baselineP99),
  ];
}

/**
 * A whole process that loads and composes the deployed bundle of the authorizer, in milliseconds. The baseline is one that loads
 * `bare-jose-verify.ts`, bundled alike.
 */
export async function measureInit(config: Config, options: CompareOptions): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-bench-'));
  try {
    const { directory } = bundleFunction('authorizer', config, folder);
    const bare = join(folder, 'bare.mjs');
    buildSync({
      entryPoints: [join(import.meta.dirname, 'baseline/bare-jose-verify.ts')],
      outfile: bare,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
    });
    const { ours, baseline } = await compare(
      () => () => startProcess(join(directory, 'index.mjs')),
      () => () => startProcess(bare),
      options,
    );
    return figure('authorizer init ms, whole process', 'ms', ours, baseline);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startProcess(bundle: string): Promise<void> {
  const code = `await import(${JSON.stringify(pathToFileURL(bundle).href)})`;
  const env = { ISSUER_URL: ISSUER, KEY_SET_URL: `${ISSUER}/jwks.json`, AWS_REGION: 'us-east-1' };
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { env });
}

function eventWith(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const request = {
    method: 'POST',
    path: '/v1/streams/web_events/batches',
    rawQueryString: '',
    query: {},
    cookies: [],
  };
  const facts = { requestId: 'bench', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 };
  const parsed = { ...request, headers, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', body: Buffer.alloc(0) };
  return authorizerEvent(parsed, facts, [headers.authorization]);
}
