import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { callAws } from './call-aws.ts';
import { type Emulator, sdkSettings } from './emulator.ts';

const invocationSchema = z.object({ FunctionError: z.string().optional(), Payload: z.string() });

/** What one invocation of a function came to. */
export interface Invocation {
  readonly failed: boolean;
  /** What it returned, or what was thrown, as JSON. */
  readonly payload: string;
}

/** Calls a function and waits for it, as a schedule would. @param event what it is called with */
export async function invokeFunction(emulator: Emulator, name: string, event: object = {}): Promise<Invocation> {
  const answer = await callAws(emulator, 'lambda', 'invoke', { FunctionName: name, Payload: JSON.stringify(event) });
  const { FunctionError, Payload } = invocationSchema.parse(answer);
  return { failed: FunctionError !== undefined, payload: Payload };
}

export async function writeSecret(emulator: Emulator, name: string, value: string): Promise<void> {
  const client = new SecretsManagerClient(sdkSettings(emulator));
  await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  client.destroy();
}

export async function readSecret(emulator: Emulator, name: string): Promise<string> {
  const client = new SecretsManagerClient(sdkSettings(emulator));
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  client.destroy();
  return SecretString ?? '';
}
