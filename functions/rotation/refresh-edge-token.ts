import type { Config } from '../../config/schema.ts';
import { mintToken } from '../issuer/mint-token.ts';
import { deriveBatchKey } from '../shared/batch-key.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import type { EdgeKv } from '../shared/edge-kv.ts';
import type { TokenSigner } from '../shared/token-signer.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';

export interface RefreshDependencies {
  readonly edge: Config['edge'];
  readonly issuer: string;
  readonly audience: string;
  readonly signer: TokenSigner;
  readonly master: VersionedKeys;
  readonly edgeKv: EdgeKv;
  readonly clock: Clock;
  /** A new unique text, for `jti`. */
  readonly newId: () => string;
}

/** EdgeKV serves small items fast, and an item of ours never needs more (design §3.4). */
const MOST_ITEM_BYTES = 10_240;

export class EdgeItemTooLargeError extends Error {
  override readonly name = 'EdgeItemTooLargeError';
  readonly code = 'EDGE_ITEM_TOO_LARGE';
  readonly retryable = false;
  constructor(bytes: number) {
    super(`The EdgeKV item would be ${bytes} bytes, at most ${MOST_ITEM_BYTES}. The previous item stays in force.`);
  }
}

export interface RefreshedTokens {
  /** How many tokens EdgeKV has taken, on every network. */
  readonly tokens: number;
  /** When the first of them expires, in seconds since the epoch; undefined where no EdgeWorker gets one. */
  readonly earliestExp: number | undefined;
}

/** Mints a token for each EdgeWorker, derives its batch key and pushes both as one item to each network (design §3.4). */
export async function refreshEdgeTokens(deps: RefreshDependencies): Promise<RefreshedTokens> {
  const { edge, signer, edgeKv } = deps;
  const [current] = deps.master;
  let earliestExp: number | undefined;
  for (const id of edge.edgeWorkerIds) {
    const subject = `ew:${id}`;
    const { token, notBefore, exp } = await mintToken(
      {
        issuer: deps.issuer,
        audience: deps.audience,
        subject,
        clientId: subject,
        scope: 'write',
        tokenId: deps.newId(),
        issuedAt: seconds(deps.clock),
        lifetimeSeconds: edge.tokenLifetimeMinutes * 60,
      },
      signer,
    );
    const { key, keyId } = deriveBatchKey(current, token);
    const item = JSON.stringify({ v: 1, token, key: Buffer.from(key).toString('base64url'), keyId, notBefore, exp });
    if (Buffer.byteLength(item) > MOST_ITEM_BYTES) throw new EdgeItemTooLargeError(Buffer.byteLength(item));
    for (const network of edge.networks) await edgeKv.put(network, edge.namespace, edge.group, String(id), item);
    earliestExp = Math.min(exp, earliestExp ?? exp);
  }
  return { tokens: edge.edgeWorkerIds.length, earliestExp };
}
