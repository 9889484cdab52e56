import { sign } from 'node:crypto';
import { confirmEdgeItems } from '../../../functions/rotation/confirm-edge-items.ts';
import { createEdgegridEdgeKv } from '../../../functions/rotation/edgegrid-edge-kv.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { refreshEdgeTokens } from '../../../functions/rotation/refresh-edge-token.ts';
import { rollSigningMaster } from '../../../functions/rotation/roll-signing-master.ts';
import { mintingOrder, parseSigningMaster } from '../../../functions/rotation/signing-master.ts';
import { describeFault } from '../../../functions/shared/describe-fault.ts';
import type { EdgeNetwork, ReadableEdgeKv } from '../../../functions/shared/edge-kv.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { SecretStore } from '../../../functions/shared/secret-store.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { createLateEdgeKv } from '../../../local/edgekv/late-edge-kv.ts';
import { answerOf } from '../../unit/edgeworker/fake-edge.ts';
import { ISSUER, keySetOf, rsaKey } from '../../unit/functions/authorizer/sign-token.ts';
import { akamaiApi } from './akamai-api.ts';
import { startEdgeSite } from './edge-site.ts';
import { type ReplicatedSecret, replicatedSecret } from './replicated-secret.ts';
import { seeded, simulatedTime } from './simulated-time.ts';
import { verifyingRegion } from './verifying-region.ts';

/** Minutes since the drill began. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

export interface DrillOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly tokenLifetimeMinutes: number;
  readonly refreshMinutes: number;
  /** The issuer signs nothing. */
  readonly issuerOutage: Outage;
  /** The secret store of the second region answers nobody. */
  readonly storeOutage: Outage;
  /** Part of the writes that EdgeKV takes and forgets. */
  readonly lost: number;
  /** Part of the requests that Akamai's administrative API answers 429. */
  readonly apiFails: number;
  /** Seconds by which the clock that mints is ahead of the regions'. */
  readonly minterAhead: number;
  /** What the operator does every five minutes. @default the next step of a roll that began after half an hour */
  readonly operate?: (roll: RollInHand) => Promise<void>;
}

export interface RollInHand {
  readonly minute: number;
  readonly master: ReplicatedSecret;
  readonly step: () => Promise<string>;
}

export interface DrillResult {
  readonly sent: number;
  readonly accepted: number;
  /** How often the API refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** How often an EdgeWorker had nothing to sign with, by reason. */
  readonly without: Readonly<Record<string, number>>;
  readonly steps: readonly string[];
  readonly failedRefreshes: number;
  readonly lostWrites: number;
  readonly staleReads: number;
  /** Versions of the signing master with which accepted batches were signed. */
  readonly versions: readonly number[];
  /** Everything that was logged, counted or thrown. */
  readonly record: string;
  readonly secrets: ReadonlyMap<string, string | Uint8Array>;
}

const ITEM = '12345';
const NETWORK: EdgeNetwork = 'production';
const START = 1_800_000_000_000;
const MINUTE = 60_000;
const SKEWS_SECONDS = [-60, -31, 0, 30, 60];
const STEP_MS = 15_000;
const WARM_UP_MINUTES = 5;
/** Lambda tries a failed call again after these. */
const LAMBDA_RETRIES_MS = [60_000, 120_000];
const KEY = rsaKey('a');
const CREDENTIAL = {
  origin: 'https://akab-a1.luna.akamaiapis.net',
  clientToken: 'drill-client-token',
  clientSecret: 'drill-client-secret/+=',
  accessToken: 'drill-access-token',
};

export async function runEdgeDrill(options: DrillOptions): Promise<DrillResult> {
  const random = seeded(options.seed);
  const time = simulatedTime(START);
  const { clock } = time;
  const minute = () => (clock() - START) / MINUTE;
  const during = ({ from, to }: Outage) => minute() >= from && minute() < to;
  const upToTwoMinutes = () => random() * 120_000;
  const newKey = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  const lines: string[] = [];
  const record = (line: unknown) => void lines.push(typeof line === 'string' ? line : JSON.stringify(line));
  const secrets = new Map<string, string | Uint8Array>(
    Object.entries(CREDENTIAL).filter(([name]) => name !== 'origin'),
  );
  const tally = { sent: 0, accepted: 0, failedRefreshes: 0, lostWrites: 0, staleReads: 0 };
  const refused: Record<string, number> = {};
  const without: Record<string, number> = {};
  const steps: string[] = [];
  const versions = new Set<number>();

  // What is pushed reaches each of Akamai's places after a time of its own; a push that is lost reaches none.
  const places = SKEWS_SECONDS.map(() => createLateEdgeKv({ clock, delay: upToTwoMinutes, isLost: () => false }));
  const [admin] = places;
  if (admin === undefined) throw new Error('There is no EdgeKV.');
  const everywhere: ReadableEdgeKv = {
    get: admin.get,
    async put(...write) {
      if (random() < options.lost) tally.lostWrites++;
      else for (const place of places) await place.put(...write);
    },
  };

  const master = replicatedSecret(formatVersionedKeys([{ version: 1, key: newKey() }]), clock, upToTwoMinutes);
  const replicas: readonly SecretStore[] = [
    master.replica(() => false),
    master.replica(() => during(options.storeOutage)),
  ];
  const regions = replicas.map((replica) =>
    verifyingRegion({
      issuer: ISSUER,
      keySet: keySetOf(KEY),
      signingMaster: cachedSecret(replica, 'master', parseVersionedKeys, clock, {
        random,
        onStale: ({ cause, ...stale }) => {
          tally.staleReads++;
          record({ ...stale, ...describeFault(cause) });
        },
      }),
      clock,
      log: record,
    }),
  );

  /** Of every item that leaves, whether it is taken or not. */
  function keepSecrets(body: unknown): void {
    const item: object = typeof body === 'string' && body !== '' ? JSON.parse(body) : {};
    for (const name of ['token', 'key']) {
      const value: unknown = Reflect.get(item, name);
      if (typeof value === 'string') secrets.set(`${name} ${secrets.size}`, value);
    }
  }
  const api = akamaiApi(everywhere, () => random() < options.apiFails);

  async function refresh(): Promise<void> {
    const edge = {
      namespace: 'edgehouse',
      group: 'credentials',
      edgeWorkerIds: [Number(ITEM)],
      networks: [NETWORK],
      tokenLifetimeMinutes: options.tokenLifetimeMinutes,
      refreshMinutes: options.refreshMinutes,
    };
    const { pause } = time;
    const { signal } = new AbortController();
    const ahead = () => clock() + options.minterAhead * 1000;
    let ids = 0;
    const edgeKv = createEdgegridEdgeKv({
      credential: CREDENTIAL,
      fetch: (url, init) => {
        keepSecrets(init?.body);
        return api(url, init);
      },
      clock: ahead,
      random,
      newNonce: () => `${clock()}-${ids++}`,
      pause,
      signal,
    });
    const run = async () => {
      const text = await master.primary.read('master');
      const refreshed = await refreshEdgeTokens({
        edge,
        issuer: ISSUER.issuer,
        audience: ISSUER.audience,
        signer: {
          kid: 'a',
          sign: async (bytes) => {
            if (during(options.issuerOutage)) throw new TypeError('The issuer is away');
            return sign('sha256', bytes, KEY.privateKey);
          },
          publicKeys: async () => [KEY.jwk],
        },
        master: mintingOrder(parseSigningMaster(text)),
        edgeKv,
        clock: ahead,
        newId: () => `jti-${clock()}`,
      });
      return { ...refreshed, unseen: await confirmEdgeItems(refreshed.pushed, { edge, edgeKv, pause, signal }) };
    };
    const telemetry = {
      count: (...metric: readonly unknown[]) => record(metric),
      warn: (message: string, fields: object) => record({ warn: message, ...fields }),
    };
    await observeRefresh(run, { clock: ahead, telemetry });
  }

  /** As Scheduler and Lambda do: within a minute of its time, and twice again where it fails. */
  async function callFunction(): Promise<void> {
    await time.pause(random() * MINUTE);
    for (const wait of [0, ...LAMBDA_RETRIES_MS]) {
      if (wait > 0) await time.pause(wait);
      const failure = await refresh().then(
        () => undefined,
        (error: unknown) => error ?? 'nothing',
      );
      if (failure === undefined) return;
      tally.failedRefreshes++;
      record(`${String(failure)} ${JSON.stringify(failure)}`);
    }
  }

  const step = async (): Promise<string> => {
    const { kind } = await rollSigningMaster({
      store: master.primary,
      secret: 'master',
      regions: new Map(replicas.map((replica, index) => [`region-${index}`, replica])),
      tokenLifetimeSeconds: options.tokenLifetimeMinutes * 60,
      now: Math.floor(clock() / 1000),
      newKey,
    });
    return kind;
  };
  const operate = options.operate ?? rollOnce;

  const sites = SKEWS_SECONDS.map((skew, index) =>
    startEdgeSite({
      item: ITEM,
      clock: () => clock() + skew * 1000,
      readItem: async () => places[index]?.get(NETWORK, 'edgehouse', 'credentials', ITEM),
      async post(headers, body) {
        const judge = regions[random() < 0.5 ? 0 : 1] ?? regions[0];
        const verdict = (await judge?.(headers, body)) ?? 'UNDECIDED';
        tally.sent++;
        if (verdict === 'accepted') {
          tally.accepted++;
          versions.add(Number(/keyid="(\d+)\./.exec(headers['signature-input'] ?? '')?.[1]));
        } else refused[verdict] = (refused[verdict] ?? 0) + 1;
        return answerOf(verdict === 'accepted' ? 200 : 403, '', { 'edgehouse-request-id': 'r' });
      },
      warn: record,
    }),
  );

  const started: Promise<void>[] = [callFunction()];
  for (let at = STEP_MS; at <= options.minutes * MINUTE; at += STEP_MS) {
    await time.advanceTo(START + at);
    if (at % (options.refreshMinutes * MINUTE) === 0) started.push(callFunction());
    if (at % (5 * MINUTE) === 0) {
      await operate({
        minute: minute(),
        master,
        step: async () => {
          const kind = await step();
          if (kind !== steps.at(-1)) steps.push(kind);
          return kind;
        },
      });
    }
    if (minute() < WARM_UP_MINUTES) continue;
    for (const site of sites) {
      if (random() < 0.05) site.forget();
      const result = await site.send(`01930000-0000-7000-8000-${String(at).padStart(12, '0')}`);
      if (result.kind === 'no-credentials') without[result.reason] = (without[result.reason] ?? 0) + 1;
    }
  }
  for (const text of master.history) {
    for (const { version, key } of parseVersionedKeys(text)) secrets.set(`master ${version}`, key);
  }
  return {
    ...tally,
    refused,
    without,
    steps,
    versions: [...versions].sort(),
    record: lines.join('\n'),
    secrets,
  };
}

/** Begins after half an hour and goes on until the old version is gone. */
async function rollOnce({ minute, master, step }: RollInHand): Promise<void> {
  if (minute < 30) return;
  const done = master.history.length > 1 && parseSigningMaster(master.history.at(-1) ?? '').keys.length === 1;
  if (!done) await step();
}
