import { sign } from 'node:crypto';
import { parseConfig } from '../../../config/parse-config.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { refreshEdgeTokens } from '../../../functions/rotation/refresh-edge-token.ts';
import { createPowertoolsTelemetry } from '../../../functions/shared/powertools-telemetry.ts';
import { ISSUER, NOW, rsaKey } from '../../unit/functions/authorizer/sign-token.ts';

const KEY = rsaKey('a');
const { edge } = parseConfig({ streams: { hits: {} }, edge: { edgeWorkerIds: [11, 12] } });

/** A refresh with the telemetry of its handler: two tokens are minted and pushed, or EdgeKV takes none. */
export async function driveRotation(edgeKvTakesThem = true): Promise<void> {
  const clock = () => NOW * 1_000;
  const refresh = () =>
    refreshEdgeTokens({
      edge,
      issuer: ISSUER.issuer,
      audience: ISSUER.audience,
      signer: {
        kid: 'a',
        sign: async (bytes) => sign('sha256', bytes, KEY.privateKey),
        publicKeys: async () => [KEY.jwk],
      },
      master: [{ version: 1, key: Buffer.alloc(32, 7) }],
      edgeKv: {
        put: async () => {
          if (!edgeKvTakesThem) throw new Error('EdgeKV is away');
        },
      },
      clock,
      newId: () => 'one',
    });
  const { telemetry } = createPowertoolsTelemetry('rotation');
  await observeRefresh(refresh, { clock, telemetry }).catch(() => undefined);
}
