import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { config } from '../../config/loaded.ts';
import { type Draft, digestOf, draft, sign } from '../integration/support/outside-client.ts';
import { callApi } from './support/call-api.ts';
import { createCheck } from './support/check.ts';
import { contractKey, type EdgeItem, firstKeySchema } from './support/edge-item.ts';
import { eventually } from './support/eventually.ts';
import { readLogs, timesLogged } from './support/read-logs.ts';
import { inspectSpool, type SpoolInspector } from './support/spool-inspector.ts';
import {
  edgeItem,
  post,
  refresh,
  type System,
  startSystem,
  writeAkamaiSecret,
  writeDatabaseSecrets,
} from './support/start-system.ts';
import { readSecret, writeSecret } from './support/use-aws.ts';

// What an operator and an outside client do with a stack that was just deployed, in that order.

const ROW = { event_time: '2026-11-23T10:00:00.123Z', path: '/deployed', status: 200 };
const UNFIT = { event_time: '2026-11-23T10:00:01Z', path: '/deployed', status: 'fine' };

let system: System;
let spool: SpoolInspector;
let item: EdgeItem;

const check = createCheck(() => system.deployment.emulator.log());

beforeAll(async () => {
  system = await startSystem();
  spool = inspectSpool(system.deployment.emulator, system.outputs);
});

afterAll(async () => {
  spool?.close();
  await system?.stop();
});

const fresh = (rows: readonly unknown[] = [ROW], stream = 'web_events') => draft(item, 'ew/12345/1.2.0', rows, stream);
const idOf = (batch: Draft) => String(batch.headers['edge-batch-id']);

const ledger = (batch: Draft) => system.database.ledger(idOf(batch));

/** When the spool holds no more objects than so many. */
function spoolEmptied(but = 0): Promise<true> {
  return eventually('the spool emptied', 60, async () => ((await spool.names()).length === but ? true : undefined));
}

const timesPutOff = () => timesLogged(system.deployment.emulator, 'SpoolReplayer', 'ReplaysPostponed');

async function signingMaster() {
  const { deployment, outputs } = system;
  return firstKeySchema.parse(JSON.parse(await readSecret(deployment.emulator, outputs.SigningMasterSecretName)));
}

describe('a deployed edgehouse', () => {
  check('makes its own keys in the form that functions read', async () => {
    const { deployment, outputs } = system;

    const texts = [outputs.SigningMasterSecretName, outputs.SpoolKeySecretName].map((name) =>
      readSecret(deployment.emulator, name),
    );

    for (const text of await Promise.all(texts)) firstKeySchema.parse(JSON.parse(text));
    return 'signing master and spool key: version 1, 43 letters and digits';
  });

  check('puts nothing into EdgeKV with a wrong Akamai secret, and the refresh fails', async () => {
    const { deployment, outputs, edgeKv, akamai } = system;
    const wrong = JSON.stringify({ ...akamai, clientSecret: 'wrong', host: edgeKv.origin });
    await writeSecret(deployment.emulator, outputs.EdgeGridSecretName, wrong);

    const { failed, payload } = await refresh(system);

    expect({ failed, faults: [...new Set(edgeKv.refused)], items: edgeKv.items.size }).toEqual({
      failed: true,
      faults: ['the signature does not fit'],
      items: 0,
    });
    expect(payload).toContain('status 401');
    return 'every put answered 401';
  });

  check('fills EdgeKV when the operator has written that secret', async () => {
    const { edgeKv } = system;
    await writeAkamaiSecret(system);
    const refusedBefore = edgeKv.refused.length;

    const refreshed = await refresh(system);

    expect(refreshed).toEqual({ failed: false, payload: 'null' });
    const { namespace, group, networks, edgeWorkerIds } = config.edge;
    const places = networks.flatMap((network) => edgeWorkerIds.map((id) => `${network}/${namespace}/${group}/${id}`));
    expect([...edgeKv.items.keys()]).toEqual(expect.arrayContaining(places));
    expect(edgeKv.refused).toHaveLength(refusedBefore);
    return `${edgeKv.items.size} items, every EdgeGrid signature right`;
  });

  check('signs the token in KMS, and derives the batch key by the contract', async () => {
    const { deployment, outputs } = system;
    const document = async (path: string) =>
      JSON.parse((await callApi(deployment.emulator, { apiId: outputs.IssuerApiId, path })).text);
    item = edgeItem(system, 12345);

    const { jwks_uri } = await document('/.well-known/openid-configuration');
    const keys = await document('/.well-known/jwks.json');
    const { payload, protectedHeader } = await jwtVerify(item.token, createLocalJWKSet(keys), {
      issuer: outputs.IssuerUrl,
      audience: config.issuers[0]?.audience ?? '',
      subject: 'ew:12345',
      typ: 'at+jwt',
      algorithms: ['RS256'],
    });

    expect(jwks_uri).toBe(`${outputs.IssuerUrl}/.well-known/jwks.json`);
    // The other key is published when a roll begins.
    expect(keys.keys).toHaveLength(1);
    expect(payload.exp).toBe(item.exp);
    const { tokenLifetimeMinutes } = config.edge;
    expect(Math.abs(item.exp - Date.now() / 1000 - tokenLifetimeMinutes * 60)).toBeLessThan(60);
    expect({ key: item.key, keyId: item.keyId }).toEqual(contractKey(await signingMaster(), item.token));
    return `kid ${protectedHeader.kid}, good for ${tokenLifetimeMinutes} min`;
  });

  check('answers 401 without a token, 403 with another text or a forged token', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(decodeJwt(item.token))
      .setProtectedHeader({ ...decodeProtectedHeader(item.token), alg: 'RS256' })
      .sign(privateKey);
    const withAuthorization = (authorization: string | undefined) => {
      const batch = sign(fresh());
      return { ...batch, headers: { ...batch.headers, authorization } };
    };

    const batches = [undefined, 'Bearer rubbish', `Bearer ${forged}`].map(withAuthorization);
    const answers = await Promise.all(batches.map((batch) => post(system, batch)));

    expect(answers.map(({ status }) => status)).toEqual([401, 403, 403]);
    return '401, 403, 403';
  });

  check('spools unjudged while the ClickHouse secrets are empty, and stores when they are written', async () => {
    const batch = sign(fresh());

    const sent = await post(system, batch);
    await writeDatabaseSecrets(system);
    await spoolEmptied();

    expect(sent).toMatchObject({ status: 202, answer: { outcome: 'spooled', accepted: null, quarantined: null } });
    expect(await ledger(batch)).toEqual([1, 1, 0, 0, 0]);
    return '202, then one row stored';
  });

  check('takes a batch from an outside client, and ClickHouse has its rows', async () => {
    const batch = sign(fresh([ROW, { ...ROW, path: '/second' }]));

    const sent = await post(system, batch);

    expect(sent).toMatchObject({ status: 200, answer: { outcome: 'stored', accepted: 2, quarantined: 0 } });
    const columns = 'path, status, _principal, _trust, _region';
    const rows = await system.database.query(
      `SELECT ${columns} FROM edgehouse.web_events WHERE _batch_id = '${idOf(batch)}' ORDER BY _row`,
    );
    expect(rows).toEqual([
      ['/deployed', '200', 'web-edge', 'edge', 'us-east-1'],
      ['/second', '200', 'web-edge', 'edge', 'us-east-1'],
    ]);
    return `200, SELECT gives ${rows.length} rows of principal web-edge`;
  });

  check('takes gzip NDJSON', async () => {
    const unsigned = fresh([ROW]);
    const body = gzipSync(`${JSON.stringify(ROW)}\n`);
    const encoding = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const headers = { ...unsigned.headers, ...encoding, 'content-digest': digestOf(body) };
    const components = unsigned.components.toSpliced(3, 0, 'content-encoding');
    const batch = sign({ ...unsigned, body, headers, components });

    const { status } = await post(system, batch);

    expect({ status, ledger: await ledger(batch) }).toEqual({ status: 200, ledger: [1, 1, 0, 0, 0] });
    return '200, one row stored';
  });

  check('refuses with its code what was changed, or is not this sender’s', async () => {
    const changed = { ...sign(fresh()), body: Buffer.from(JSON.stringify([{ ...ROW, path: '/changed' }])) };
    const otherKey = sign({ ...fresh(), key: randomBytes(32) });
    const otherSource = sign(draft(item, 'ew/12346/1.0.0', [ROW]));
    const otherStream = sign(fresh([ROW], 'other_events'));

    const answers = [changed, otherKey, otherSource, otherStream].map((batch) => post(system, batch));

    expect(await Promise.all(answers)).toMatchObject([
      { status: 400, answer: { code: 'DIGEST_MISMATCH' } },
      { status: 401, answer: { code: 'BATCH_SIGNATURE_INVALID' } },
      { status: 403, answer: { code: 'POLICY_DENIED' } },
      { status: 404, answer: { code: 'STREAM_UNKNOWN' } },
    ]);
    return '400 DIGEST_MISMATCH, 401 BATCH_SIGNATURE_INVALID, 403 POLICY_DENIED, 404 STREAM_UNKNOWN';
  });

  check('keeps a row that does not fit in quarantine with its reason, and stores the other', async () => {
    const batch = sign(fresh([ROW, UNFIT]));

    const sent = await post(system, batch);

    expect(sent).toMatchObject({ status: 200, answer: { accepted: 1, quarantined: 1 } });
    const rows = await system.database.query(
      `SELECT codes, columns FROM edgehouse.quarantine WHERE _batch_id = '${idOf(batch)}'`,
    );
    expect(rows).toEqual([["['FIELD_TYPE']", "['status']"]]);
    return '200, FIELD_TYPE, column status';
  });

  let waiting: Draft;

  check('answers 202 while ClickHouse is away, and the batch lies in the bucket', async () => {
    const before = await timesPutOff();
    await system.database.goAway();
    waiting = sign(fresh([ROW, UNFIT, { ...ROW, path: '/third' }]));

    const first = await post(system, waiting);
    const again = await post(system, waiting);

    const spooled = { status: 202, answer: { outcome: 'spooled', accepted: 2, quarantined: 1 } };
    expect([first, again]).toMatchObject([spooled, spooled]);
    const [name = '', ...others] = await spool.names();
    expect({ name, others }).toEqual({ name: expect.stringMatching(/^spool\/[0-9a-f]{64}$/), others: [] });
    // For the check after the next: what one who got at the bucket could put there.
    const object = await spool.read(name);
    await spool.put(`spool/${'a'.repeat(64)}`, object);
    object[object.length - 1] = (object.at(-1) ?? 0) ^ 1;
    await spool.put(`spool/${'b'.repeat(64)}`, object);
    await eventually('an attempt that was put off', 30, async () =>
      (await timesPutOff()) > before ? true : undefined,
    );
    return '202 twice, one object, replay put off';
  });

  check('replays it exactly once when ClickHouse is back, also when the sender repeats it', async () => {
    await system.database.comeBack();
    const back = performance.now();

    await spoolEmptied(2);
    const seconds = (performance.now() - back) / 1000;
    const replayed = await ledger(waiting);
    // For half a minute at most ingest asks no ClickHouse that has just failed: until then the repeat waits in the spool as well.
    const repeated = await eventually('a 200 for the repeat', 60, async () => {
      const { status } = await post(system, waiting);
      return status === 202 ? undefined : status;
    });
    await spoolEmptied(2);

    expect({ replayed, repeated, ledger: await ledger(waiting) }).toEqual({
      replayed: [3, 2, 1, 0, 0],
      repeated: 200,
      ledger: [3, 2, 1, 0, 0],
    });
    return `${seconds.toFixed(1)} s later: 2 stored, 1 quarantined, 0 missing, 0 twice`;
  });

  check('puts an object that ingest did not write among the dead letters', async () => {
    const dead = await eventually('two dead letters', 60, async () => {
      const letters = await spool.deadLetters();
      return letters.length < 2 ? undefined : letters;
    });

    expect(dead.map(({ reason }) => reason)).toEqual(['OBJECT_TAMPERED', 'OBJECT_TAMPERED']);
    const names = dead.map(({ body }) => /spool\/(.)/.exec(decodeURIComponent(body))?.[1]);
    expect(names.sort()).toEqual(['a', 'b']);
    return 'OBJECT_TAMPERED for one that was changed and one that was copied; nothing else is there';
  });

  check('logs who did what, and no token, key, signature or row', async () => {
    const { key } = await signingMaster();

    const logs = await readLogs(system.deployment.emulator);

    const lines = ['identity', 'batch', 'replay'].map((audit) => `"audit":"${audit}"`);
    const said = [...lines, 'TokensRefreshed', 'BatchesReplayed', idOf(waiting)];
    expect(said.filter((words) => !logs.includes(words))).toEqual([]);
    const signature = String(waiting.headers['signature']).slice(6, -1);
    const hidden = {
      token: item.token,
      batchKey: item.key,
      master: key,
      edgegrid: system.akamai.clientSecret,
      signature,
    };
    const found = Object.entries({ ...hidden, row: ROW.path }).filter(([, secret]) => logs.includes(secret));
    expect(found.map(([what]) => what)).toEqual([]);
    return `${logs.split('\n').length} lines`;
  });
});
