import { randomUUID } from 'node:crypto';
import { DescribeSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { callAws } from './call-aws.ts';
import { type Emulator, sdkSettings } from './emulator.ts';
import { type Invocation, invokeFunction } from './use-aws.ts';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** A rotation as Secrets Manager runs it; the emulator's own calls no function (docs/emulator.md). */
export interface Rotation {
  /** Calls the function with the next of the four steps; undefined after the last. */
  next(): Promise<Invocation | undefined>;
}

/** Turns rotation on, and labels a version AWSPENDING that has no value yet: that is where AWS calls the function for the first time. */
export async function startRotation(emulator: Emulator, secret: string, functionName: string): Promise<Rotation> {
  const client = new SecretsManagerClient(sdkSettings(emulator));
  try {
    await callAws(emulator, 'secretsmanager', 'rotate_secret', {
      SecretId: secret,
      RotationRules: { AutomaticallyAfterDays: 30 },
    });
    const ClientRequestToken = randomUUID();
    await client.send(
      new PutSecretValueCommand({ SecretId: secret, ClientRequestToken, VersionStages: ['AWSPENDING'] }),
    );
    const { ARN: SecretId } = await client.send(new DescribeSecretCommand({ SecretId: secret }));
    const steps = STEPS.map((Step) => ({ Step, SecretId, ClientRequestToken }));
    return {
      async next() {
        const event = steps.shift();
        return event === undefined ? undefined : invokeFunction(emulator, functionName, event);
      },
    };
  } finally {
    client.destroy();
  }
}
