import { sign } from 'node:crypto';
import { parseConfig } from '../../../config/parse-config.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { refreshEdgeTokens } from '../../../functions/rotation/refresh-edge-token.ts';
import { observeRotation } from '../../../functions/rotation/rotate-database-user/observe-rotation.ts';
import { createPowertoolsTelemetry } from '../../../functions/shared/powertools-telemetry.ts';
import { ISSUER, NOW, rsaKey } from '../../unit/functions/authorizer/sign-token.ts';

const KEY = rsaKey('a');
const { edge } = parseConfig({ streams: { hits: {} }, edge: { edgeWorkerIds: [11, 12] } });

/** A refresh and a rotation with the telemetry of their handlers: both come to their end, or neither EdgeKV nor ClickHouse answers. */
export async function driveRotation(succeeds = true): Promise<void> {
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
          if (!succeeds) throw new Error('EdgeKV is away');
        },
      },
      clock,
      newId: () => 'one',
    });
  const { telemetry } = createPowertoolsTelemetry('rotation');
  await observeRefresh(refresh, { clock, telemetry }).catch(() => undefined);
  const step = { step: 'finishSecret', secret: 'edgehouse/clickhouse/writer', token: 'one' } as const;
  const rotate = async () => {
    if (!succeeds) throw new Error('ClickHouse is away');
    return 'done' as const;
  };
  await observeRotation(step, rotate, telemetry).catch(() => undefined);
}
