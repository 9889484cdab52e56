import { randomBytes, randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { createBuiltinTokenSource } from '../functions/rotation/builtin-token-source.ts';
import { refreshEdgeTokens } from '../functions/rotation/refresh-edge-token.ts';
import type { Clock } from '../functions/shared/clock.ts';
import type { CachedSecret } from '../functions/shared/secret-cache.ts';
import type { TokenSigner } from '../functions/shared/token-signer.ts';
import type { VersionedKeys } from '../functions/shared/versioned-keys.ts';
import { createEdgeKvService, type EdgeKvService } from './edgekv/edgekv-service.ts';

export interface EdgeCredentialsOptions {
  readonly config: Config;
  readonly issuerUrl: string;
  /** The key that signs now. */
  readonly signer: () => Promise<TokenSigner>;
  readonly signingMaster: CachedSecret<VersionedKeys>;
  readonly clock: Clock;
  readonly say: (message: string) => void;
  /** Calls back every so many milliseconds, until what it returns is called. @default setInterval */
  readonly repeat?: ((milliseconds: number, run: () => void) => () => void) | undefined;
}

export interface EdgeCredentials {
  readonly edgeKv: EdgeKvService;
  /** Origin of the EdgeKV service. */
  readonly url: string;
  /** What EdgeWorkers send to read an item. */
  readonly accessReference: string;
  close(): Promise<void>;
}

/** EdgeKV with a token for every EdgeWorker, made anew on the config's schedule. */
export async function startEdgeCredentials(options: EdgeCredentialsOptions): Promise<EdgeCredentials> {
  const { config, say, repeat = everyInterval } = options;
  const accessReference = randomBytes(24).toString('base64url');
  const edgeKv = createEdgeKvService({ accessToken: accessReference, network: 'production' });
  const url = await edgeKv.listen(0);
  const refresh = async () =>
    refreshEdgeTokens({
      edge: config.edge,
      tokens: createBuiltinTokenSource({
        issuer: options.issuerUrl,
        audience: config.issuers.find((issuer) => issuer.kind === 'builtin')?.audience ?? '',
        lifetimeSeconds: config.edge.tokenLifetimeMinutes * 60,
        signer: await options.signer(),
        clock: options.clock,
        newId: randomUUID,
      }),
      master: await options.signingMaster.get(),
      edgeKv: edgeKv.edgeKv,
    });
  try {
    await refresh();
  } catch (error) {
    await edgeKv.close();
    throw error;
  }
  const cancel = repeat(config.edge.refreshMinutes * 60_000, () => {
    refresh().catch((error: Error) => say(`The token refresh failed: ${error.message}`));
  });
  return {
    edgeKv,
    url,
    accessReference,
    close: () => {
      cancel();
      return edgeKv.close();
    },
  };
}

function everyInterval(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds);
  return () => clearInterval(timer);
}
