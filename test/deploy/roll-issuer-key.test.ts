import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { config } from '../../config/loaded.ts';
import { ISSUER_KEYS_SECRET } from '../../config/secret-names.ts';
import { rollIssuerKey } from '../../functions/rotation/roll-issuer-key.ts';
import { createSecretsManagerVersions } from '../../functions/rotation/versioned-secret-store.ts';
import { draft, sign } from '../integration/support/outside-client.ts';
import { callApi } from './support/call-api.ts';
import { createCheck } from './support/check.ts';
import { sdkSettings } from './support/emulator.ts';
import { eventually } from './support/eventually.ts';
import {
  edgeItem,
  post,
  refresh,
  type System,
  startSystem,
  writeAkamaiSecret,
  writeDatabaseSecrets,
} from './support/start-system.ts';
import { readSecret } from './support/use-aws.ts';

// What an operator does when the key that signs is to be another one, without a deploy.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/rolled', status: 200 };
/** The issuer looks at the note every minute, and its function takes a moment. */
const SHOWS_WITHIN_SECONDS = 75;
const DAY_SECONDS = 86_400;

let system: System;
let secretsManager: SecretsManagerClient;

const check = createCheck(() => system.deployment.emulator.log());

beforeAll(async () => {
  system = await startSystem();
  secretsManager = new SecretsManagerClient(sdkSettings(system.deployment.emulator));
  await writeAkamaiSecret(system);
  await writeDatabaseSecrets(system);
});

afterAll(async () => {
  secretsManager?.destroy();
  await system?.stop();
});

async function keySet(): Promise<JSONWebKeySet> {
  const { deployment, outputs } = system;
  const answer = await callApi(deployment.emulator, { apiId: outputs.IssuerApiId, path: '/.well-known/jwks.json' });
  return JSON.parse(answer.text);
}

const kids = async () => (await keySet()).keys.map(({ kid }) => kid);

/** The next step, by an operator whose clock is so many days ahead. */
async function roll(days: number): Promise<string> {
  const { kind } = await rollIssuerKey({
    store: createSecretsManagerVersions(secretsManager),
    secret: ISSUER_KEYS_SECRET,
    tokenLifetimeSeconds: config.edge.tokenLifetimeMinutes * 60,
    now: Math.floor(Date.now() / 1000) + days * DAY_SECONDS,
    countShownKeys: async () => (await kids()).length,
  });
  return kind;
}

/** Refreshes; the token that EdgeKV then holds is one that the key set verifies. @returns its `kid` */
async function refreshedKid(): Promise<string | undefined> {
  await refresh(system);
  const { token } = edgeItem(system, 12345);
  await jwtVerify(token, createLocalJWKSet(await keySet()), { issuer: system.outputs.IssuerUrl });
  return decodeProtectedHeader(token).kid;
}

describe('a deployed issuer', () => {
  let first: string | undefined;

  check('publishes the key that signs, and no other', async () => {
    first = await refreshedKid();

    expect(await kids()).toEqual([first]);
    return `kid ${first}`;
  });

  check('publishes the other key beside it a minute after the operator has said so', async () => {
    expect(await roll(0)).toBe('publish');
    // Nothing shows it yet, so nothing may sign with it.
    expect(await roll(1)).toBe('blocked');

    const both = await eventually('both keys', SHOWS_WITHIN_SECONDS, async () => {
      const shown = await kids();
      return shown.length === 2 ? shown : undefined;
    });

    expect(both[0]).toBe(first);
    expect(await roll(0)).toBe('wait');
    expect(await refreshedKid()).toBe(first);
    return `and ${both[1]}`;
  });

  check('signs with the other key when its time has come, and the API takes a batch with such a token', async () => {
    expect(await roll(1)).toBe('sign');

    const kid = await refreshedKid();
    const sent = await post(system, sign(draft(edgeItem(system, 12345), 'ew/12345/1.2.0', [ROW])));

    expect([(await kids()).includes(first), kid === first]).toEqual([true, false]);
    expect(sent).toMatchObject({ status: 200, answer: { outcome: 'stored' } });
    return `kid ${kid}`;
  });

  check('lets the old key go when the last token that it signed is over', async () => {
    expect(await roll(1)).toBe('wait');
    expect(await roll(2)).toBe('retire');

    expect(await readSecret(system.deployment.emulator, ISSUER_KEYS_SECRET)).toBe('{"active":"b"}');
    return 'the note says {"active":"b"}';
  });
});
