import type { Config } from '../../config/schema.ts';
import { deriveBatchKey } from '../shared/batch-key.ts';
import { type EdgeKv, MOST_ITEM_BYTES } from '../shared/edge-kv.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import type { PushedItem } from './pushed-item.ts';
import {
  EdgeItemTooLargeError,
  type PushFailure,
  RefreshIncompleteError,
  type TokenFailure,
  TokenLifetimeTooLongError,
  TokenLifetimeTooShortError,
} from './refresh-error.ts';
import type { IssuedToken, TokenSource } from './token-source.ts';

export interface RefreshDependencies {
  readonly edge: Pick<
    Config['edge'],
    'edgeWorkerIds' | 'networks' | 'namespace' | 'group' | 'tokenLifetimeMinutes' | 'refreshMinutes'
  >;
  readonly tokens: TokenSource;
  /** The version to make keys with comes first; no other is used. */
  readonly master: VersionedKeys;
  readonly edgeKv: EdgeKv;
}

export interface RefreshedTokens {
  /** How many tokens EdgeKV has taken, on every network. */
  readonly tokens: number;
  /** When the first of them expires, in seconds since the epoch; undefined where no EdgeWorker gets one. */
  readonly earliestExp: number | undefined;
  readonly pushed: readonly PushedItem[];
}

/** Three refreshes may be missed (design §3.3). */
const LEAST_PERIODS = 4;
/** Clocks that differ, and the way of a token; a roll of the signing master allows for more (`roll-signing-master.ts`). */
const MOST_OVER_SECONDS = 60;
/** A write was seen to take 2 to 4 s, and the account takes 18 a second. */
const EDGE_WORKERS_AT_ONCE = 4;

/**
 * Gets a token for each EdgeWorker, derives its batch key and pushes both as one item to each network (design §3.4). One that gets
 * no token that lives as long as it should, or a push that fails, stops no other; the item that is there stays.
 *
 * @throws RefreshIncompleteError where that happened, when all have been tried
 */
export async function refreshEdgeTokens(deps: RefreshDependencies): Promise<RefreshedTokens> {
  const { edgeWorkerIds, networks } = deps.edge;
  const outcomes: Outcome[] = [];
  // One iterator for all: each takes the next that nobody has taken.
  const waiting = edgeWorkerIds.entries();
  const refreshInTurn = async (): Promise<void> => {
    for (const [index, id] of waiting) outcomes[index] = await refreshOne(id, deps);
  };
  await Promise.all(Array.from({ length: EDGE_WORKERS_AT_ONCE }, refreshInTurn));

  const tokens = outcomes.flatMap((outcome) => (outcome.kind === 'tokenless' ? [outcome.failure] : []));
  const pushes = outcomes.flatMap((outcome) => (outcome.kind === 'made' ? outcome.failures : []));
  const made = outcomes.filter((outcome) => outcome.kind === 'made');
  const pushed = made.flatMap((outcome) => outcome.pushed);
  if (tokens.length + pushes.length > 0) {
    throw new RefreshIncompleteError({ tokens, pushes, pushed }, edgeWorkerIds.length * networks.length);
  }
  return {
    tokens: made.length,
    earliestExp: made.length === 0 ? undefined : Math.min(...made.map(({ exp }) => exp)),
    pushed,
  };
}

type Outcome =
  | { readonly kind: 'tokenless'; readonly failure: TokenFailure }
  | {
      readonly kind: 'made';
      readonly exp: number;
      readonly pushed: readonly PushedItem[];
      readonly failures: readonly PushFailure[];
    };

async function refreshOne(
  edgeWorkerId: number,
  { tokens, edge, master, edgeKv }: RefreshDependencies,
): Promise<Outcome> {
  try {
    const issued = await tokens.tokenFor(edgeWorkerId);
    checkLifetime(issued, edge);
    const value = itemOf(issued, master);
    const { pushed, failures } = await push(String(edgeWorkerId), value, { edge, edgeKv });
    return { kind: 'made', exp: issued.exp, pushed, failures };
  } catch (fault) {
    return { kind: 'tokenless', failure: { edgeWorkerId, fault } };
  }
}

/** Of the token itself, whoever decided on its life. */
function checkLifetime({ issuedAt, exp }: IssuedToken, edge: RefreshDependencies['edge']): void {
  const least = LEAST_PERIODS * edge.refreshMinutes * 60;
  const most = edge.tokenLifetimeMinutes * 60;
  const lifetime = exp - issuedAt;
  if (lifetime < least) throw new TokenLifetimeTooShortError(lifetime, least);
  if (lifetime > most + MOST_OVER_SECONDS) throw new TokenLifetimeTooLongError(lifetime, most);
}

function itemOf({ token, notBefore, exp }: IssuedToken, [current]: VersionedKeys): string {
  const { key, keyId } = deriveBatchKey(current, token);
  return JSON.stringify({ v: 1, token, key: Buffer.from(key).toString('base64url'), keyId, notBefore, exp });
}

/** To one network after the other. */
async function push(
  item: string,
  value: string,
  { edge, edgeKv }: Pick<RefreshDependencies, 'edge' | 'edgeKv'>,
): Promise<{ readonly pushed: readonly PushedItem[]; readonly failures: readonly PushFailure[] }> {
  const bytes = Buffer.byteLength(value);
  const pushed: PushedItem[] = [];
  const failures: PushFailure[] = [];
  for (const network of edge.networks) {
    try {
      if (bytes > MOST_ITEM_BYTES) throw new EdgeItemTooLargeError(bytes);
      await edgeKv.put(network, edge.namespace, edge.group, item, value);
      pushed.push({ network, item, value });
    } catch (fault) {
      failures.push({ network, item, fault });
    }
  }
  return { pushed, failures };
}
