import { type EdgeInitKvCommand, parseEdgeInitKv } from './edge-kv-command.ts';
import { type EdgeRunCommand, parseEdgeRun } from './edge-run-command.ts';
import { type EdgeShipCommand, parseEdgeDeploy, parseEdgeValidate } from './edge-ship-command.ts';
import { UsageError } from './usage.ts';

export type EdgeCommand = EdgeRunCommand | EdgeInitKvCommand | EdgeShipCommand;

/** Parses what follows `edge`. @param env for the credential @throws UsageError */
export function parseEdge(args: readonly string[], env: Readonly<Record<string, string | undefined>>): EdgeCommand {
  const [action, ...rest] = args;
  switch (action) {
    case 'run':
      return parseEdgeRun(rest);
    case 'validate':
      return parseEdgeValidate(rest, env);
    case 'deploy':
      return parseEdgeDeploy(rest, env);
    case 'init-kv':
      return parseEdgeInitKv(rest, env);
    default:
      throw new UsageError('edge: expected edge run, edge validate, edge deploy or edge init-kv');
  }
}
