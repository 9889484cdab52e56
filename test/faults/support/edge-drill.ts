import { decodeProtectedHeader } from 'jose';
import { refreshPatienceMinutes } from '../../../functions/rotation/retry-refresh.ts';
import { rollSigningMaster } from '../../../functions/rotation/roll-signing-master.ts';
import { parseSigningMaster } from '../../../functions/rotation/signing-master.ts';
import { bearerToken } from '../../../functions/shared/bearer-token.ts';
import { describeFault } from '../../../functions/shared/describe-fault.ts';
import type { EdgeNetwork, ReadableEdgeKv } from '../../../functions/shared/edge-kv.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { SecretStore } from '../../../functions/shared/secret-store.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { createLateEdgeKv } from '../../../local/edgekv/late-edge-kv.ts';
import { seeded } from '../../../local/seeded.ts';
import { answerOf } from '../../unit/edgeworker/fake-edge.ts';
import { ISSUER } from '../../unit/functions/authorizer/sign-token.ts';
import { akamaiApi } from './akamai-api.ts';
import { captureOutput } from './capture-output.ts';
import { type DrillIssuer, startDrillIssuer } from './drill-issuer.ts';
import { startEdgeSite } from './edge-site.ts';
import { refreshFunction } from './refresh-function.ts';
import { type ReplicatedSecret, replicatedSecret } from './replicated-secret.ts';
import { simulatedTime } from './simulated-time.ts';
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
  /** The issuer signs nothing and answers nobody. */
  readonly issuerOutage: Outage;
  /** The secret store of the second region answers nobody. */
  readonly storeOutage: Outage;
  /** Part of the writes that EdgeKV takes and forgets. */
  readonly lost: number;
  /** Part of the requests that Akamai's administrative API answers 429. */
  readonly apiFails: number;
  /** Seconds by which the clock that mints is ahead of the regions'. */
  readonly minterAhead: number;
  /** How long a call of the function may last. @default what `refreshPatienceMinutes` says */
  readonly callMinutes?: number;
  /** Scheduler and EdgeKV are as late as they may be, where that hurts most. @default false: as late as chance has it */
  readonly latest?: boolean;
  /** What the operator does every five minutes. @default the next step of both rolls */
  readonly operate?: (roll: RollInHand) => Promise<void>;
}

export interface RollInHand {
  readonly minute: number;
  readonly master: ReplicatedSecret;
  readonly issuer: DrillIssuer;
  readonly step: () => Promise<string>;
}

export interface DrillResult {
  readonly sent: number;
  readonly accepted: number;
  /** How often the API refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** How often an EdgeWorker had nothing to sign with, by reason. */
  readonly without: Readonly<Record<string, number>>;
  /** Of the signing master's roll. */
  readonly steps: readonly string[];
  /** Of the roll to the issuer's other key. */
  readonly keySteps: readonly string[];
  readonly failedRefreshes: number;
  readonly lostWrites: number;
  readonly staleReads: number;
  /** Versions of the signing master with which accepted batches were signed. */
  readonly versions: readonly number[];
  /** Keys of the issuer that signed the tokens of these. */
  readonly kids: readonly string[];
  /** Everything that was logged, counted, thrown or printed. */
  readonly record: string;
  readonly secrets: ReadonlyMap<string, string | Uint8Array>;
}

const ITEM = '12345';
const NETWORK: EdgeNetwork = 'production';
const START = 1_800_000_000_000;
const MINUTE = 60_000;
const SKEWS_SECONDS = [-60, -31, 0, 30, 60];
const STEP_MS = 15_000;
/** The other key may sign 130 min after it is published: then, in six hours as they are drilled, the issuer is away. */
const KEY_ROLL_MINUTE = 60;
const WARM_UP_MINUTES = 5;
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
  const upToTwoMinutes = () => (options.latest === true ? 1 : random()) * 120_000;
  /** In the worst case the refresh before the outage came in time, and the first that it swallows late: it may last as much longer. */
  const schedulerLate = () => {
    if (options.latest !== true) return random() * MINUTE;
    return minute() < options.issuerOutage.from - 1 ? 0 : MINUTE - 1;
  };
  const newKey = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  const lines: string[] = [];
  const record = (line: unknown) => void lines.push(typeof line === 'string' ? line : JSON.stringify(line));
  const secrets = new Map<string, string | Uint8Array>(
    Object.entries(CREDENTIAL).filter(([name]) => name !== 'origin'),
  );
  const output = captureOutput();
  const tally = { sent: 0, accepted: 0, failedRefreshes: 0, lostWrites: 0, staleReads: 0 };
  const refused: Record<string, number> = {};
  const without: Record<string, number> = {};
  const steps: string[] = [];
  const versions = new Set<number>();
  const kids = new Set<string>();

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

  const issuer = startDrillIssuer({
    clock,
    random,
    isAway: () => during(options.issuerOutage),
    tokenLifetimeSeconds: options.tokenLifetimeMinutes * 60,
    record,
  });
  const master = replicatedSecret(formatVersionedKeys([{ version: 1, key: newKey() }]), clock, upToTwoMinutes);
  const replicas: readonly SecretStore[] = [
    master.replica(() => false),
    master.replica(() => during(options.storeOutage)),
  ];
  const regions = replicas.map((replica) =>
    verifyingRegion({
      issuer: ISSUER,
      keySetFor: issuer.verifier(),
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
      if (typeof value !== 'string') continue;
      secrets.set(`${name} ${secrets.size}`, value);
      if (name === 'key') secrets.set(`bytes of key ${secrets.size}`, Buffer.from(value, 'base64url'));
    }
  }
  const api = akamaiApi(everywhere, () => random() < options.apiFails);

  const callFunction = refreshFunction({
    edge: {
      namespace: 'edgehouse',
      group: 'credentials',
      edgeWorkerIds: [Number(ITEM)],
      networks: [NETWORK],
      tokenLifetimeMinutes: options.tokenLifetimeMinutes,
      refreshMinutes: options.refreshMinutes,
    },
    issuer: ISSUER,
    signer: issuer.signer,
    master: master.primary,
    credential: CREDENTIAL,
    fetch: (url, init) => {
      keepSecrets(init?.body);
      return api(url, init);
    },
    clock: () => clock() + options.minterAhead * 1000,
    random,
    pause: time.pause,
    callMinutes: options.callMinutes ?? refreshPatienceMinutes(options.refreshMinutes),
    schedulerLate,
    record,
    onFailure: () => {
      tally.failedRefreshes++;
    },
  });

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
  const operate = options.operate ?? rollBoth;

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
          kids.add(String(decodeProtectedHeader(bearerToken(headers['authorization']) ?? '').kid));
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
        issuer,
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
  output.restore();
  return {
    ...tally,
    refused,
    without,
    steps,
    keySteps: issuer.steps,
    versions: [...versions].sort(),
    kids: [...kids].sort(),
    record: [...lines, ...output.lines].join('\n'),
    secrets,
  };
}

async function rollBoth(roll: RollInHand): Promise<void> {
  await rollOnce(roll);
  if (roll.minute >= KEY_ROLL_MINUTE) await roll.issuer.roll();
}

/** Begins after half an hour and goes on until the old version is gone. */
async function rollOnce({ minute, master, step }: RollInHand): Promise<void> {
  if (minute < 30) return;
  const done = master.history.length > 1 && parseSigningMaster(master.history.at(-1) ?? '').keys.length === 1;
  if (!done) await step();
}
