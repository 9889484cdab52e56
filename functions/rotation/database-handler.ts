import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { config } from '#config';
import { parseProtectedCredential } from '../ingest/clickhouse-credential.ts';
import { awsClientOptions } from '../shared/aws-clients.ts';
import { required } from '../shared/environment.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { createSecretsManagerStore } from '../shared/secrets-manager-store.ts';
import { createClickHouseUserDatabase } from './rotate-database-user/clickhouse-user-database.ts';
import { generatePassword } from './rotate-database-user/database-password.ts';
import { observeRotation } from './rotate-database-user/observe-rotation.ts';
import { parseAgeRequest, reportPasswordAge } from './rotate-database-user/password-age.ts';
import { rotateDatabaseUser } from './rotate-database-user/rotate-database-user.ts';
import { parseRotationEvent } from './rotate-database-user/rotation-event.ts';
import type { RotationTools } from './rotate-database-user/rotation-tools.ts';
import { createSecretsManagerCurrentSince } from './rotate-database-user/secrets-manager-current-since.ts';
import { createSecretsManagerRotationStore } from './rotate-database-user/secrets-manager-rotation-store.ts';
import { rightsOf } from './rotate-database-user/user-rights.ts';

const secretsManager = new SecretsManagerClient(awsClientOptions(required(process.env, 'AWS_REGION')));
const secrets = createSecretsManagerStore(secretsManager);
const administratorSecret = required(process.env, 'ADMIN_SECRET');
const { telemetry } = createLambdaTelemetry('rotation');

const tools: RotationTools = {
  store: createSecretsManagerRotationStore(secretsManager),
  database: createClickHouseUserDatabase(),
  // Read each time it is needed: kept in memory, it would be there for the next call to find.
  administrator: async () => parseProtectedCredential(await secrets.read(administratorSecret)),
  rights: (user) => rightsOf(config, user),
  newPassword: () => generatePassword(randomInt),
  clock: Date.now,
  pause: (milliseconds) => setTimeout(milliseconds),
};

const ages = { currentSince: createSecretsManagerCurrentSince(secretsManager), clock: Date.now, telemetry };

/** Secrets Manager calls it, once for each step; and a schedule, to ask how old the passwords are. */
export async function handler(event: unknown): Promise<void> {
  const aged = parseAgeRequest(event);
  if (aged !== undefined) return reportPasswordAge(aged, ages);
  const request = parseRotationEvent(event);
  await observeRotation(request, () => rotateDatabaseUser(request, tools), telemetry);
}
