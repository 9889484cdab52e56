import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deployedSecrets } from '../../../cli/rotate-credentials.ts';
import { gatherStatus } from '../../../cli/rotate-gather.ts';
import { openStatusPlace } from '../../../cli/rotate-status-place.ts';
import { describeStatus } from '../../../cli/rotate-table.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { formatSigningMaster } from '../../../functions/rotation/signing-master.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { json, jsonError, type StubAnswer, type StubRequest } from '../functions/shared/aws-stub.ts';
import { pointAwsAtStub } from '../functions/shared/point-aws-at-stub.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const OLDER = { version: 1, key: Buffer.alloc(32, 'canary-1') };
const NEWER = { version: 2, key: Buffer.alloc(32, 'canary-2') };
const MASTER = formatSigningMaster({ keys: [NEWER, OLDER], roll: { phase: 'staged', since: NOW / 1000 - 300 } });
const CONFIG = {
  streams: { web: {} },
  principals: {
    edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/1/*'] }] },
    analyst: { allow: [{ read: ['web'] }] },
  },
  edge: { edgeWorkerIds: [1], networks: ['staging', 'production'] },
};
/** As Secrets Manager describes a secret that was rotated three days ago. */
const ROTATION = {
  RotationEnabled: true,
  LastRotatedDate: (NOW - 3 * DAY) / 1000,
  NextRotationDate: (NOW + 27 * DAY) / 1000,
};
const io = { fetch, now: () => NOW, random: () => 0.5, wait: async () => undefined };
const aws = pointAwsAtStub();

/** An item as pushed so many minutes ago. */
function item(minutesAgo: number): string {
  const issuedAt = NOW / 1000 - minutesAgo * 60;
  return JSON.stringify({ v: 1, token: 'canary', key: 'canary', notBefore: issuedAt - 60, exp: issuedAt + 3600 });
}

describe('the status of a stack on AWS', () => {
  const config = parseConfig(CONFIG);
  let akamai: Server;
  let akamaiOrigin: string;
  /** By operation and secret; what is not in it is refused. */
  let answers: Map<string, StubAnswer>;
  let items: Map<string, string>;

  function answer({ headers, body }: StubRequest): StubAnswer {
    const operation = String(headers['x-amz-target']).split('.')[1];
    const { SecretId }: { readonly SecretId: string } = JSON.parse(String(body));
    return answers.get(`${operation} ${SecretId}`) ?? jsonError(400, 'AccessDeniedException');
  }

  /** A secret with one version, or with a second one that is pending. */
  function put(secret: string, described: object, pendingSince?: number): void {
    const pending = pendingSince === undefined ? {} : { b: ['AWSPENDING'] };
    const VersionIdsToStages = { a: ['AWSCURRENT'], ...pending };
    answers.set(`DescribeSecret ${secret}`, json({ VersionIdsToStages, ...described }));
    const Versions = [
      { VersionId: 'a', CreatedDate: (NOW - 3 * DAY) / 1000 },
      { VersionId: 'b', CreatedDate: (pendingSince ?? 0) / 1000 },
    ];
    answers.set(`ListSecretVersionIds ${secret}`, json({ Versions }));
  }

  beforeEach(async () => {
    aws.stub().answer(...Array.from({ length: 40 }, () => answer));
    items = new Map();
    akamai = createServer(({ url = '' }, response) => {
      const found = items.get(url.replace(/^\/edgekv\/v1\/networks\//, ''));
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    akamaiOrigin = await listen(akamai, 0);

    answers = new Map();
    put('edgehouse/clickhouse/writer', ROTATION);
    // As a rotation leaves it that ended without taking its label back.
    put('edgehouse/clickhouse/inspector', { ...ROTATION, VersionIdsToStages: { a: ['AWSCURRENT', 'AWSPENDING'] } });
    put('edgehouse/clickhouse/reader/analyst', ROTATION);
    put('edgehouse/clickhouse/admin', {});
    put('edgehouse/signing-master', {});
    put('edgehouse/spool-key', {});
    put('edgehouse/akamai-edgegrid', {});
    put('edgehouse/issuer-keys', {});
    answers.set('GetSecretValue edgehouse/issuer-keys', json({ SecretString: '{"active":"a"}' }));
    answers.set('GetSecretValue edgehouse/signing-master', json({ SecretString: MASTER }));
    const client = { host: akamaiOrigin, clientToken: 'canary', clientSecret: 'canary', accessToken: 'canary' };
    answers.set('GetSecretValue edgehouse/akamai-edgegrid', json({ SecretString: JSON.stringify(client) }));
    items.set('staging/namespaces/edgehouse/groups/credentials/items/1', item(5));
    items.set('production/namespaces/edgehouse/groups/credentials/items/1', item(5));
  });
  afterEach(() => closeServer(akamai));

  async function status(): Promise<readonly string[]> {
    const place = await openStatusPlace(
      {
        kind: 'rotate status',
        place: { kind: 'deployed', vaultToken: undefined },
        localEdgeKv: undefined,
        json: false,
      },
      config,
      io,
    );
    return describeStatus(await gatherStatus(place, config.edge, NOW), NOW);
  }

  test('is a line for each credential', async () => {
    expect(await status()).toEqual([
      'credential                 state  age    expires    next run           last outcome',
      'clickhouse writer          ok     3 d    never      in 27 d            rotated 2026-03-01T05:06:07Z',
      'clickhouse inspector       ok     3 d    never      in 27 d            rotated 2026-03-01T05:06:07Z',
      'clickhouse reader analyst  ok     3 d    never      in 27 d            rotated 2026-03-01T05:06:07Z',
      'clickhouse admin           ok     3 d    unknown    by hand            written',
      'signing master             ok     3 d    never      rotate signing     versions 2, 1; tokens are made with 1; roll: staged for 5 min',
      'spool key                  ok     3 d    never      by hand            written',
      'EdgeGrid client            ok     3 d    unknown    by hand            written',
      'issuer keys                ok     3 d    never      rotate issuer-key  key a signs; no roll is under way',
      'edge token 1 staging       ok     5 min  in 55 min  in 10 min          pushed 2026-03-04T05:01:07Z',
      'edge token 1 production    ok     5 min  in 55 min  in 10 min          pushed 2026-03-04T05:01:07Z',
      'none of 10 need a look',
    ]);
  });

  test('never asks for the value of a password, and never shows one of a key or token', async () => {
    const lines = await status();

    const read = aws
      .stub()
      .requests.filter(({ headers }) => String(headers['x-amz-target']).endsWith('.GetSecretValue'));
    expect(read.map(({ body }) => JSON.parse(String(body)).SecretId).toSorted()).toEqual([
      'edgehouse/akamai-edgegrid',
      'edgehouse/issuer-keys',
      'edgehouse/signing-master',
    ]);
    expect(lines.join('\n')).not.toMatch(/canary|Y2FuYXJ5/);
  });

  test('marks a rotation that did not end, a token that was not renewed, and a secret that nobody has written or that is being deleted', async () => {
    put(
      'edgehouse/clickhouse/writer',
      { RotationEnabled: true, NextRotationDate: (NOW + DAY) / 1000 },
      NOW - 2 * 60 * MINUTE,
    );
    put('edgehouse/clickhouse/admin', { VersionIdsToStages: {} });
    put('edgehouse/spool-key', { DeletedDate: NOW / 1000 });
    const ReplicationStatus = [
      { Region: 'eu-west-1', Status: 'InSync' },
      { Region: 'ap-south-1', Status: 'Failed' },
    ];
    put('edgehouse/clickhouse/inspector', { ...ROTATION, ReplicationStatus });
    items.set('staging/namespaces/edgehouse/groups/credentials/items/1', item(75));
    items.delete('production/namespaces/edgehouse/groups/credentials/items/1');

    const lines = await status();

    expect(lines.filter((line) => / [A-Z]{3}/.test(line))).toEqual([
      expect.stringMatching(
        /^clickhouse writer +UNFINISHED .* never rotated; one did not end: a version is AWSPENDING since 2026-03-04T03:06:07Z$/,
      ),
      expect.stringMatching(/^clickhouse inspector +UNREPLICATED .*; not copied to ap-south-1$/),
      expect.stringMatching(/^clickhouse admin +EMPTY +unknown .* nobody has written it yet$/),
      expect.stringMatching(/^spool key +ABSENT /),
      expect.stringMatching(/^edge token 1 staging +EXPIRED +75 min +15 min ago +60 min ago /),
      expect.stringMatching(/^edge token 1 production +ABSENT .* EdgeKV shows no item$/),
    ]);
    expect(lines.at(-1)).toBe('6 of 10 need a look');
  });

  test('says why a part cannot be read, and shows the rest', async () => {
    answers.delete('DescribeSecret edgehouse/clickhouse/admin');
    answers.delete('ListSecretVersionIds edgehouse/spool-key');
    answers.delete('GetSecretValue edgehouse/akamai-edgegrid');

    const lines = await status();

    expect(lines[4]).toMatch(
      /^clickhouse admin +UNREAD .*could not be described: AccessDeniedException, status 400\. /,
    );
    expect(lines[6]).toMatch(/^spool key +ok +unknown +never /);
    expect(lines[9]).toMatch(/^edge tokens +UNREAD .* Secret edgehouse\/akamai-edgegrid could not be read: /);
    expect(lines.at(-1)).toBe('2 of 9 need a look');
  });

  test('has the clients of an external issuer where that gives the tokens, and no keys of ours where nothing uses them', () => {
    const tokens = {
      tokenEndpoint: 'https://login.example.com/oauth/token',
      authentication: 'client_secret_basic',
    } as const;

    const listed = deployedSecrets({ ...config, issuers: [], edge: { ...config.edge, tokens } });

    expect(listed.at(-1)).toMatchObject({ credential: 'clients of the issuer', secret: 'edgehouse/edge-clients' });
    expect(listed.map(({ credential }) => credential)).not.toContain('issuer keys');
  });

  test('says which network does not answer, and shows the other', async () => {
    items.set('staging/namespaces/edgehouse/groups/credentials/items/1', 'canary, not JSON');

    const lines = await status();

    expect(lines[9]).toMatch(/^edge token 1 staging +UNREAD .* the item is not of the form/);
    expect(lines[10]).toMatch(/^edge token 1 production +ok /);
  });
});
