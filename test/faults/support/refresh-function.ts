import { createBuiltinTokenSource } from '../../../functions/rotation/builtin-token-source.ts';
import type { EdgegridCredential } from '../../../functions/rotation/edgegrid-credential.ts';
import { createEdgegridEdgeKv } from '../../../functions/rotation/edgegrid-edge-kv.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { refreshAndConfirm } from '../../../functions/rotation/refresh-and-confirm.ts';
import type { RefreshDependencies } from '../../../functions/rotation/refresh-edge-token.ts';
import { retryRefresh } from '../../../functions/rotation/retry-refresh.ts';
import { mintingOrder, parseSigningMaster } from '../../../functions/rotation/signing-master.ts';
import type { SecretStore } from '../../../functions/shared/secret-store.ts';
import type { TokenSigner } from '../../../functions/shared/token-signer.ts';

export interface RefreshFunctionOptions {
  readonly edge: RefreshDependencies['edge'];
  readonly issuer: { readonly issuer: string; readonly audience: string };
  /** The key that signs now. */
  readonly signer: () => Promise<TokenSigner>;
  /** The store of the signing master. */
  readonly master: SecretStore;
  readonly credential: EdgegridCredential;
  readonly fetch: typeof globalThis.fetch;
  /** Of the function: milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** How long Lambda lets a call last. */
  readonly callMinutes: number;
  /** Milliseconds by which Scheduler calls late. */
  readonly schedulerLate: () => number;
  readonly record: (line: unknown) => void;
  /** Is told of each attempt that fails. */
  readonly onFailure: () => void;
}

/** What the handler keeps of its time to report a failure. */
const RESERVE_MS = 3_000;
/** Lambda calls again after these where a call fails (docs.aws.amazon.com/lambda, "Retry behavior for asynchronous invocation"). */
const LAMBDA_RETRIES_MS = [60_000, 120_000];

/** The function that refreshes edge tokens, composed as its handler does it, and called as Scheduler and Lambda do. */
export function refreshFunction(options: RefreshFunctionOptions): () => Promise<void> {
  const { clock, random, pause, record } = options;
  const telemetry = {
    count: (...metric: readonly unknown[]) => record(metric),
    warn: (message: string, fields: object) => record({ warn: message, ...fields }),
  };
  let ids = 0;

  async function refresh(edgeWorkerIds: readonly number[], signal: AbortSignal) {
    const edge = { ...options.edge, edgeWorkerIds };
    const edgeKv = createEdgegridEdgeKv({
      credential: options.credential,
      fetch: options.fetch,
      clock,
      random,
      newNonce: () => `nonce-${ids++}`,
      pause,
      signal,
    });
    return refreshAndConfirm({
      edge,
      tokens: createBuiltinTokenSource({
        ...options.issuer,
        lifetimeSeconds: edge.tokenLifetimeMinutes * 60,
        signer: await options.signer(),
        clock,
        newId: () => `jti-${ids++}`,
      }),
      master: mintingOrder(parseSigningMaster(await options.master.read('master'))),
      edgeKv,
      pause,
      signal,
    });
  }

  async function call(): Promise<void> {
    const ending = new AbortController();
    void pause(options.callMinutes * 60_000 - RESERVE_MS).then(() => ending.abort());
    const attempt = (edgeWorkerIds: readonly number[]) =>
      observeRefresh(() => refresh(edgeWorkerIds, ending.signal), { clock, telemetry }).catch((error: unknown) => {
        options.onFailure();
        record(`${String(error)} ${JSON.stringify(error)}`);
        throw error;
      });
    await retryRefresh(options.edge.edgeWorkerIds, attempt, { pause, signal: ending.signal });
  }

  return async () => {
    await pause(options.schedulerLate());
    for (const wait of [0, ...LAMBDA_RETRIES_MS]) {
      if (wait > 0) await pause(wait);
      const ended = await call().then(
        () => 'done',
        () => 'failed',
      );
      if (ended === 'done') return;
    }
  };
}
