import type { Config } from '../../config/schema.ts';
import { mintToken } from '../issuer/mint-token.ts';
import { deriveBatchKey } from '../shared/batch-key.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import { type EdgeKv, type EdgeNetwork, MOST_ITEM_BYTES } from '../shared/edge-kv.ts';
import type { TokenSigner } from '../shared/token-signer.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import {
  EdgeItemTooLargeError,
  type PushFailure,
  RefreshIncompleteError,
  TokenLifetimeTooShortError,
} from './refresh-error.ts';

export interface RefreshDependencies {
  readonly edge: Pick<
    Config['edge'],
    'edgeWorkerIds' | 'networks' | 'namespace' | 'group' | 'tokenLifetimeMinutes' | 'refreshMinutes'
  >;
  readonly issuer: string;
  readonly audience: string;
  readonly signer: TokenSigner;
  /** The version to mint with comes first; no other is used. */
  readonly master: VersionedKeys;
  readonly edgeKv: EdgeKv;
  readonly clock: Clock;
  /** A new unique text, for `jti`. */
  readonly newId: () => string;
}

/** An item that EdgeKV has taken. */
export interface PushedItem {
  readonly network: EdgeNetwork;
  readonly item: string;
  readonly value: string;
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
/** A write was seen to take 2 to 4 s, and the account takes 18 a second. */
const PUSHES_AT_ONCE = 4;

/**
 * Mints a token for each EdgeWorker, derives its batch key and pushes both as one item to each network (design §3.4). A push
 * that fails stops no other.
 *
 * @throws TokenLifetimeTooShortError before anything is pushed
 * @throws RefreshIncompleteError where a push failed, when all have been tried; whatever the signer throws
 */
export async function refreshEdgeTokens(deps: RefreshDependencies): Promise<RefreshedTokens> {
  const { edge, edgeKv } = deps;
  const failures: PushFailure[] = [];
  const planned: PushedItem[] = [];
  let earliestExp: number | undefined;
  for (const id of edge.edgeWorkerIds) {
    const { value, exp } = await makeItem(id, deps);
    const bytes = Buffer.byteLength(value);
    for (const network of edge.networks) {
      if (bytes <= MOST_ITEM_BYTES) planned.push({ network, item: String(id), value });
      else failures.push({ network, item: String(id), fault: new EdgeItemTooLargeError(bytes) });
    }
    earliestExp = Math.min(exp, earliestExp ?? exp);
  }

  const waiting = [...planned];
  const pushInTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { network, item, value } = next;
      try {
        await edgeKv.put(network, edge.namespace, edge.group, item, value);
      } catch (fault) {
        failures.push({ network, item, fault });
      }
    }
  };
  await Promise.all(Array.from({ length: PUSHES_AT_ONCE }, pushInTurn));
  if (failures.length > 0) throw new RefreshIncompleteError(failures, edge.edgeWorkerIds.length * edge.networks.length);
  return { tokens: edge.edgeWorkerIds.length, earliestExp, pushed: planned };
}

async function makeItem(
  id: number,
  { edge, issuer, audience, signer, master: [current], clock, newId }: RefreshDependencies,
): Promise<{ readonly value: string; readonly exp: number }> {
  const subject = `ew:${id}`;
  const issuedAt = seconds(clock);
  const { token, notBefore, exp } = await mintToken(
    {
      issuer,
      audience,
      subject,
      clientId: subject,
      scope: 'write',
      tokenId: newId(),
      issuedAt,
      lifetimeSeconds: edge.tokenLifetimeMinutes * 60,
    },
    signer,
  );
  // Of the token itself, whoever decided on its life: one that is short runs out among refreshes that are merely late.
  const least = LEAST_PERIODS * edge.refreshMinutes * 60;
  if (exp - issuedAt < least) throw new TokenLifetimeTooShortError(exp - issuedAt, least);
  const { key, keyId } = deriveBatchKey(current, token);
  const value = JSON.stringify({ v: 1, token, key: Buffer.from(key).toString('base64url'), keyId, notBefore, exp });
  return { value, exp };
}
