import { sign } from 'node:crypto';
import { parseConfig } from '../../../config/parse-config.ts';
import { createBuiltinTokenSource } from '../../../functions/rotation/builtin-token-source.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { refreshEdgeTokens } from '../../../functions/rotation/refresh-edge-token.ts';
import { observeRotation } from '../../../functions/rotation/rotate-database-user/observe-rotation.ts';
import { reportPasswordAge } from '../../../functions/rotation/rotate-database-user/password-age.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { ISSUER, NOW, rsaKey } from '../../unit/functions/authorizer/sign-token.ts';

const KEY = rsaKey('a');
const { edge } = parseConfig({ streams: { hits: {} }, edge: { edgeWorkerIds: [11, 12] } });

/** Refresh, rotation and age with the telemetry of their handlers: all come to their end, or EdgeKV, ClickHouse and Secrets Manager are away. */
export async function driveRotation(succeeds = true): Promise<void> {
  const clock = () => NOW * 1_000;
  const refresh = () =>
    refreshEdgeTokens({
      edge,
      tokens: createBuiltinTokenSource({
        ...ISSUER,
        lifetimeSeconds: 3_600,
        signer: {
          kid: 'a',
          sign: async (bytes) => sign('sha256', bytes, KEY.privateKey),
        },
        clock,
        newId: () => 'one',
      }),
      master: [{ version: 1, key: Buffer.alloc(32, 7) }],
      edgeKv: {
        put: async () => {
          if (!succeeds) throw new Error('EdgeKV is away');
        },
      },
    });
  const { telemetry } = createLambdaTelemetry('rotation');
  await observeRefresh(refresh, { clock, telemetry }).catch(() => undefined);
  const step = { step: 'finishSecret', secret: 'edgehouse/clickhouse/writer', token: 'one' } as const;
  const rotate = async () => {
    if (!succeeds) throw new Error('ClickHouse is away');
    return 'done' as const;
  };
  await observeRotation(step, rotate, telemetry).catch(() => undefined);
  const currentSince = async () => {
    if (!succeeds) throw new Error('Secrets Manager is away');
    return clock() - 60_000;
  };
  await reportPasswordAge(['a'], { currentSince, clock, telemetry }).catch(() => undefined);
}
