import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFailure } from '../../../cli/describe-failure.ts';
import { shipBundles } from '../../../cli/edge-ship.ts';
import { parseEdgeDeploy } from '../../../cli/edge-ship-command.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { buildConfiguredBundle } from '../../../edgeworker/build-configured-bundle.ts';
import { BUNDLE_HANDLERS } from '../../../edgeworker/bundle-settings.ts';
import { type ApiFault, EdgeWorkersStandIn } from './edge-workers-stand-in.ts';

export const CLIENT = {
  clientToken: 'akab-canary-client',
  clientSecret: 'canary+secret/=',
  accessToken: 'akab-canary-access',
};
export const EVENTS = 12345;
export const COLLECTOR = 12346;
/** Options of a deployment of one EdgeWorker alone. */
export const ONE = ['--only', 'collector'] as const;
export const MINUTE = 60_000;

const START = Date.parse('2026-01-02T03:04:05Z');

/** A folder with bundles and an `.edgerc`, an API that answers, and a clock that only waiting moves. */
export interface ShipRig {
  readonly api: EdgeWorkersStandIn;
  readonly folder: string;
  /** Both outputs, in their order. */
  readonly lines: string[];
  /** What was printed of failures. */
  readonly failures: string[];
  readonly waits: number[];
  readonly now: () => number;
  /** As `npm run edge:build`. @param accessReference makes one version differ from another of the same name */
  readonly build: (version: string, accessReference?: string) => Promise<void>;
  /** What follows `edgehouse edge deploy`; gives what was thrown. */
  readonly deploy: (...args: readonly string[]) => Promise<unknown>;
  /** Each activation that was asked for, as `12346 1.0.0 STAGING: note`. */
  readonly activated: () => readonly string[];
  /** Each POST to the API, as `POST /validations`. */
  readonly posted: () => readonly string[];
  /** The next request that fits meets this. @param times where it is more than one */
  readonly fault: (on: RegExp, met: ApiFault, times?: number) => void;
  readonly stop: () => Promise<void>;
}

export async function startShipRig(edge: object = {}): Promise<ShipRig> {
  let time = START;
  const lines: string[] = [];
  const failures: string[] = [];
  const waits: number[] = [];
  const now = () => time;
  const api = new EdgeWorkersStandIn(CLIENT, [EVENTS, COLLECTOR], now);
  await api.start();
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-ship-'));
  await writeFile(
    join(folder, '.edgerc'),
    `[default]\nhost = ${api.origin}\nclient_token = ${CLIENT.clientToken}\nclient_secret = ${CLIENT.clientSecret}\naccess_token = ${CLIENT.accessToken}\nmax-body = 8192\n`,
  );
  const config = parseConfig({
    streams: { web: {} },
    principals: { edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/*'] }] } },
    edge: {
      edgeWorkerIds: [EVENTS, COLLECTOR],
      apiHost: 'api.example.com',
      requestEvents: { edgeWorkerId: EVENTS, stream: 'web' },
      collector: { edgeWorkerId: COLLECTOR, stream: 'web' },
      networks: ['production', 'staging'],
      ...edge,
    },
  });
  const io = {
    out: (line: string) => void lines.push(line),
    err: (line: string) => void lines.push(`! ${line}`),
    fetch,
    now,
    random: () => 0,
    wait: async (milliseconds: number) => {
      waits.push(milliseconds);
      time += milliseconds;
    },
  };
  return {
    api,
    folder,
    lines,
    failures,
    waits,
    now,
    build: async (version, accessReference = 'reference') => {
      for (const handler of BUNDLE_HANDLERS) {
        const { tgz } = await buildConfiguredBundle(config, handler, { version, accessReference });
        await writeFile(join(folder, `${handler}.tgz`), tgz);
      }
    },
    deploy: (...args) => {
      const command = parseEdgeDeploy([...args, '--bundles', folder, '--edgerc', join(folder, '.edgerc')], {});
      return shipBundles(command, config, io).then(
        () => undefined,
        (error: unknown) => {
          failures.push(describeFailure(error));
          return error;
        },
      );
    },
    activated: () =>
      api.activations.map(
        ({ edgeWorkerId, version, network, note }) => `${edgeWorkerId} ${version} ${network}${note && `: ${note}`}`,
      ),
    posted: () => api.asked.filter((line) => line.startsWith('POST')),
    fault: (on, met, times = 1) => {
      for (let i = 0; i < times; i++) api.faults.push({ on, fault: met });
    },
    stop: async () => {
      await api.stop();
      await rm(folder, { recursive: true });
    },
  };
}
