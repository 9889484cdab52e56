import { once } from 'node:events';
import { basename, resolve } from 'node:path';
import type { EdgeOptions, EdgeReport } from '../local/edge/edge-options.ts';
import { startEdge } from '../local/edge/start-edge.ts';
import { createEdgeKvService, EDGEKV_HOST, type EdgeKvService } from '../local/edgekv/edgekv-service.ts';
import { seeded } from '../local/seeded.ts';
import type { CommandIo } from './command-io.ts';
import { type LocalProperty, readProperty } from './edge-property.ts';
import type { EdgeRunCommand } from './edge-run-command.ts';
import { formatTable } from './format-table.ts';
import { printable } from './printable.ts';
import { type ForeignBundle, readForeignBundle } from './read-foreign-bundle.ts';

/** Nothing but debug headers and messages names it. */
const EDGE_WORKER_ID = 1;

/**
 * `edgehouse edge run`: serves the bundle of any EdgeWorker on loopback, under the limits of a tier, until Ctrl-C; then says what its
 * handlers used.
 *
 * @throws BundleUnreadableError, EdgePropertyInvalidError, EdgeError
 */
export async function edgeRun(
  command: EdgeRunCommand,
  io: Pick<CommandIo, 'out' | 'now' | 'interrupted'>,
): Promise<void> {
  const [bundle, property] = [await readForeignBundle(command.bundle), await readProperty(command.property)];
  const edgeKv = await serveItems(property, command, io.now);
  try {
    const edge = await startEdge(edgeOptions(command, bundle, property, edgeKv.origin));
    const interrupted = io.interrupted();
    try {
      const { handlers } = await edge.report();
      const names = handlers.map(({ handler }) => handler).join(', ');
      io.out(
        `${printable(basename(resolve(command.bundle)))}, version ${bundle.version}, on the ${command.tier} tier: ${names}`,
      );
      io.out(`${edge.url}  Ctrl-C stops it and says what each handler used`);
      if (!interrupted.aborted) await Promise.race([once(interrupted, 'abort'), edge.gone]);
      for (const line of reportLines(await edge.report())) io.out(line);
    } finally {
      await edge.stop();
    }
  } finally {
    await edgeKv.service.close();
  }
}

function edgeOptions(
  { tier, port, chance, bundle: place }: EdgeRunCommand,
  bundle: ForeignBundle,
  { paths, options: takesOptions, site, hosts, variables }: LocalProperty,
  edgeKvOrigin: string,
): EdgeOptions {
  const set = Object.entries(variables);
  return {
    port,
    tier,
    rules: paths.map((path) => ({
      ...bundle,
      path,
      takesOptions,
      edgeWorkerId: EDGE_WORKER_ID,
      name: basename(resolve(place), '.tgz'),
    })),
    ...(site === undefined ? {} : { site: new URL(site).origin }),
    properties: {
      ...Object.fromEntries(
        Object.entries(hosts).map(([host, { origin, ...rest }]) => [host, { ...rest, origin: new URL(origin).origin }]),
      ),
      [EDGEKV_HOST]: { origin: edgeKvOrigin, allowPost: false },
    },
    variables: Object.fromEntries(set.flatMap(([name, to]) => ('header' in to ? [[name, to.header]] : []))),
    constants: Object.fromEntries(set.flatMap(([name, to]) => ('value' in to ? [[name, to.value]] : []))),
    ...(chance.dropped > 0 ? { chance } : {}),
  };
}

/** An EdgeKV with the items of the property, whose two copies see what is written some time after the start. */
async function serveItems(
  { edgeKv }: LocalProperty,
  { chance: { seed, lateSeconds } }: EdgeRunCommand,
  clock: () => number,
): Promise<{ readonly service: EdgeKvService; readonly origin: string }> {
  const random = seeded(seed);
  const lateness = {
    clock,
    delay: () => random() * lateSeconds * 1_000,
    copy: () => (random() < 0.5 ? 0 : 1),
  } as const;
  const service = createEdgeKvService({ accessToken: undefined, network: 'staging', lateness });
  for (const [namespace, groups] of Object.entries(edgeKv)) {
    for (const [group, items] of Object.entries(groups)) {
      for (const [item, value] of Object.entries(items)) {
        for (const one of Array.isArray(value) ? value : [value]) {
          const text = typeof one === 'string' ? one : JSON.stringify(one);
          await service.edgeKv.put('staging', namespace, group, item, text);
        }
      }
    }
  }
  return { service, origin: await service.listen(0) };
}

function reportLines({ method, workers, handlers }: EdgeReport): readonly string[] {
  const rows = handlers.map(({ handler, invocations, failures, cpuMs, heapKb, overCpu, overMemory, subRequests }) => [
    handler,
    invocations,
    Object.entries(failures)
      .map(([status, count]) => `${status} ${count}`)
      .join(', ') || undefined,
    cpuMs.p50,
    cpuMs.p99,
    cpuMs.max,
    overCpu,
    heapKb.max,
    overMemory,
    subRequests.maxPerInvocation,
    subRequests.overLimit,
  ]);
  const head = [
    'handler',
    'calls',
    'failures',
    'cpu p50',
    'p99',
    'max ms',
    'over',
    'heap max KB',
    'over',
    'sub-requests',
    'over',
  ];
  const answers = handlers.flatMap(({ handler, subRequests }) =>
    Object.entries(subRequests.byHostAndStatus).map(([answer, count]) => `${handler}: ${answer}, ${count} times`),
  );
  const logged = handlers.flatMap(({ handler, logLines }) =>
    logLines.map(({ level, message }) => `${handler}: ${level} ${message}`),
  );
  const [init] = workers;
  return [
    ...formatTable(head, rows),
    `module-level code: ${init?.initWallMs} ms, ${init?.initCpuMs} ms of processor time${init?.overInitCpu ? ', over the limit' : ''}`,
    ...[...answers, ...logged].map(printable),
    method,
  ];
}
