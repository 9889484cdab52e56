import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CredentialStatus } from '../../../cli/rotate-credential-status.ts';
import { gatherStatus } from '../../../cli/rotate-gather.ts';
import { openStatusPlace } from '../../../cli/rotate-status-place.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { formatSigningMaster } from '../../../functions/rotation/signing-master.ts';
import { startVaultRig, type VaultRig } from '../../contract/support/vault-rig.ts';
import { json, type StubRequest } from '../functions/shared/aws-stub.ts';
import { pointAwsAtStub } from '../functions/shared/point-aws-at-stub.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const MINUTE = 60_000;
const OLDER = { version: 1, key: Buffer.alloc(32, 'canary-1') };
const NEWER = { version: 2, key: Buffer.alloc(32, 'canary-2') };
const MASTER = formatSigningMaster({ keys: [NEWER, OLDER], roll: { phase: 'staged', since: NOW / 1000 - 300 } });
const PRINCIPALS = { edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/1/*'] }] } };
const io = { fetch, now: () => NOW, random: () => 0.5, wait: async () => undefined };
const aws = pointAwsAtStub();

describe('the status of a stack with Vault', () => {
  let rig: VaultRig;
  beforeEach(async () => {
    rig = await startVaultRig();
    rig.clock.now = NOW;
    const keys = ({ headers }: StubRequest) =>
      String(headers['x-amz-target']).endsWith('GetSecretValue')
        ? json({ SecretString: '{"active":"b","roll":{"phase":"signing","since":1}}' })
        : json({ VersionIdsToStages: { a: ['AWSCURRENT'] } });
    aws.stub().answer(keys, keys, keys);
  });
  afterEach(() => rig.vault.close());

  async function status(vaultToken: string | undefined): Promise<readonly CredentialStatus[]> {
    const { address } = rig.vault;
    const vault = { address, mount: 'team/kv', role: 'r', namespace: 'edge' };
    const config = parseConfig({ streams: { web: {} }, principals: PRINCIPALS, secrets: { vault } });
    const place = await openStatusPlace(
      { kind: 'rotate status', place: { kind: 'deployed', vaultToken }, localEdgeKv: undefined, json: false },
      config,
      io,
    );
    return gatherStatus(place, config.edge, NOW);
  }

  test('is read with the operator’s own token, from metadata alone but for the rolls', async () => {
    rig.vault.put('edgehouse/clickhouse/writer', { password: 'canary' });
    rig.vault.put('edgehouse/clickhouse/inspector', { password: 'canary' });
    rig.vault.mark('edgehouse/clickhouse/inspector', 'deleted');
    rig.vault.put('edgehouse/akamai-edgegrid', {});
    rig.vault.mark('edgehouse/akamai-edgegrid', 'destroyed');
    rig.vault.put('edgehouse/signing-master', JSON.parse(MASTER));
    rig.clock.now = NOW + 2 * MINUTE;

    const found = await status(rig.operatorToken());

    expect(found.map(({ credential, state }) => `${credential}: ${state}`)).toEqual([
      'clickhouse writer: ok',
      'clickhouse inspector: empty',
      'signing master: ok',
      'spool key: absent',
      'EdgeGrid client: empty',
      'issuer keys: ok',
    ]);
    expect(found[0]).toMatchObject({ writtenAt: NOW, next: 'by hand' });
    expect(found[5]).toMatchObject({ writtenAt: undefined, next: 'rotate issuer-key' });
    expect(found[5]?.last).toMatch(/^key b signs; roll: signing for /);
    expect(found[2]?.last).toMatch(/^versions 2, 1; tokens are made with 1; roll: staged/);
    const values = rig.routes().filter((route) => route.includes('/data/'));
    expect(values).toEqual(['GET /v1/team/kv/data/edgehouse/signing-master']);
  });

  test('with a token that Vault refuses says so of each secret', async () => {
    const found = await status('hvs.another');

    expect(found.map(({ state }) => state)).toEqual(['unread', 'unread', 'unread', 'unread', 'unread', 'ok']);
    expect(found[0]?.last).toMatch(/^VAULT_DENIED: Describing secret edgehouse\/clickhouse\/writer at Vault failed: /);
    expect(found[0]?.last).not.toContain('hvs.');
  });

  test('is not begun without a token', async () => {
    await expect(status(undefined)).rejects.toMatchObject({ code: 'VAULT_TOKEN_MISSING' });
  });
});
