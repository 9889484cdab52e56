import { inspect } from 'node:util';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createLambdaTelemetry } from '../../functions/shared/lambda-telemetry.ts';
import { findSecrets } from '../faults/support/find-secrets.ts';
import { type EdgeTokenRig, type EdgeTokenRigOptions, startEdgeTokenRig } from './support/edge-token-rig.ts';
import type { ProviderTrouble } from './support/openid-provider.ts';

let rig: EdgeTokenRig | undefined;
afterEach(() => rig?.close());

const TROUBLES: readonly ProviderTrouble[] = ['none', 'unavailable', 'reset'];

/** Everything that leaves the function, in refreshes that succeed and that fail: what it writes, and what Lambda writes of its errors. */
async function listen(options: Omit<EdgeTokenRigOptions, 'telemetry'>) {
  const heard: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => heard.push(String(text)) > 0),
  );
  try {
    rig = await startEdgeTokenRig({ ...options, telemetry: createLambdaTelemetry('rotation').telemetry });
    for (const trouble of TROUBLES) {
      rig.provider.setTrouble(trouble);
      await rig.refresh().catch((error: unknown) => heard.push(...formsOf(error)));
    }
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  return { heard: heard.join('\n'), secrets: rig.secrets };
}

/** Lambda's runtime logs an error with all its members, those of its causes too. */
function formsOf(error: unknown): readonly string[] {
  return [inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null }), jsonOf(error)];
}

function jsonOf(error: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(error, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return 'seen';
    seen.add(value);
    return value instanceof Error
      ? Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name)]))
      : value;
  });
}

test.each([
  ['client_secret_basic', {}],
  ['client_secret_post', {}],
  ['private_key_jwt', { alg: 'RS256' }],
  ['private_key_jwt', { alg: 'ES256' }],
] as const)(
  'by %s, neither secret, key nor token is in a log, metric or error (%j)',
  async (authentication, options) => {
    const { heard, secrets } = await listen({ authentication, ...options });

    expect(heard).toContain('TokensRefreshed');
    expect(heard).toContain('TOKEN_REQUEST_REFUSED');
    expect(heard).toContain('no connection (UND_ERR_SOCKET)');
    expect([...secrets.keys()].filter((name) => name.startsWith('token of 11'))).not.toEqual([]);
    expect(findSecrets(heard, secrets)).toEqual([]);
  },
);

test('nor where the clients’ secret is unusable or the token is', async () => {
  const clientSecret = 'canary secret of 11 canary';
  const { heard, secrets } = await listen({
    authentication: 'client_secret_basic',
    clients: { 11: { clientId: 'edge', clientSecret, more: clientSecret }, 12: [clientSecret] },
  });
  secrets.set('unusable', clientSecret);
  expect(heard).toContain('EDGE_CLIENT_INVALID');
  expect(findSecrets(heard, secrets)).toEqual([]);

  await rig?.close();
  const opaque = await listen({ authentication: 'client_secret_post', provider: { tokenFormat: 'opaque' } });
  expect(opaque.heard).toContain('TOKEN_OPAQUE');
  expect(findSecrets(opaque.heard, opaque.secrets)).toEqual([]);
});

test('and one that were there would be found', async () => {
  const { heard, secrets } = await listen({ authentication: 'private_key_jwt' });

  for (const [name, secret] of secrets) {
    const planted = `${heard}\n${JSON.stringify({ header: `Basic ${Buffer.from(secret).toString('base64')}` })}`;
    expect(findSecrets(planted, secrets)).toContain(name);
  }
});
