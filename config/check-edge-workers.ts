import { problem } from './describe-issue.ts';
import type { ConfigSections } from './schema.ts';
import { unknownName } from './unknown-name.ts';

type Edge = ConfigSections['edge'];

/** What is wrong with the two EdgeWorkers, held against each other and the rest. */
export function checkEdgeWorkers({ edge, streams }: Pick<ConfigSections, 'edge' | 'streams'>): readonly string[] {
  return (['collector', 'requestEvents'] as const).flatMap((name) => {
    const worker = edge[name];
    if (worker === undefined) return [];
    const path = ['edge', name];
    const [own, known] = [String(worker.edgeWorkerId), edge.edgeWorkerIds.map(String)];
    return [
      ...unknownName([...path, 'edgeWorkerId'], own, known),
      ...unknownName([...path, 'stream'], worker.stream, Object.keys(streams)),
      ...checkHandlerAlone(edge, path, own),
      ...checkAddressKeys(edge, path, worker.columns),
    ];
  });
}

/** A bundle that answers requests itself would answer those of the site too. */
function checkHandlerAlone({ collector, requestEvents }: Edge, path: readonly string[], id: string): readonly string[] {
  if (path[1] !== 'requestEvents' || collector?.edgeWorkerId !== requestEvents?.edgeWorkerId) return [];
  return [
    problem([...path, 'edgeWorkerId'], id, 'an id that the collector does not have; give each a bundle of its own'),
  ];
}

/** The key that keeps addresses from being guessed is no event: not that of the other EdgeWorker either, as both are of one site. */
function checkAddressKeys(
  { collector, requestEvents }: Edge,
  path: readonly string[],
  columns: Readonly<Record<string, object>>,
): readonly string[] {
  const keys = [collector?.clientIp, requestEvents?.clientIp].map((rule) =>
    typeof rule === 'object' ? rule.hashWith : undefined,
  );
  return Object.entries(columns).flatMap(([column, source]) => {
    if (!('variable' in source) || !keys.includes(String(source.variable))) return [];
    const expected = 'another variable: this one holds the key of clientIp; change it';
    return [problem([...path, 'columns', column, 'variable'], `"${source.variable}"`, expected)];
  });
}
