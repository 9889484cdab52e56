import { Agent } from 'node:https';
import { requireLoopback } from './loopback.ts';

/** How to reach the emulator. */
export interface Emulator {
  /** `https://127.0.0.1:<port>`: for every AWS client, and the CDK CLI. */
  readonly endpoint: string;
  /** PEM of the certificate that it shows, made for this run: whoever calls it must trust this one. */
  readonly certificate: string;
  /** The same as a file, for programs that are told by an environment variable. */
  readonly certificateFile: string;
  /** The Python of its venv; `aws` lies beside it. */
  readonly python: string;
  /** Where its clients look: {@link inRegion}. */
  readonly region: string;
}

/** The account that the emulator says it is, and the Region where one is enough. */
export const EMULATOR_ACCOUNT = '000000000000';
export const EMULATOR_REGION = 'us-east-1';
/** Its root: policies do not bind these keys, so a test may look at everything. */
const ROOT_KEYS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** The same emulator, looked at in another Region. */
export function inRegion<E extends Emulator>(emulator: E, region: string): E {
  return { ...emulator, region };
}

/**
 * Settings for any client of the AWS SDK.
 *
 * @throws NotLoopbackError when the endpoint could be real AWS
 */
export function sdkSettings(emulator: Emulator) {
  return {
    endpoint: requireLoopback(emulator.endpoint).origin,
    region: emulator.region,
    credentials: ROOT_KEYS,
    requestHandler: { httpsAgent: new Agent({ ca: emulator.certificate }) },
  };
}

/**
 * The AWS part of the environment of a program that talks to the emulator and must know no other AWS.
 *
 * @throws NotLoopbackError when the endpoint could be real AWS
 */
export function awsEnvironment(emulator: Emulator): Readonly<Record<string, string>> {
  const { origin } = requireLoopback(emulator.endpoint);
  return {
    // Without it the program would call real AWS.
    AWS_ENDPOINT_URL: origin,
    // S3 puts the bucket before the host unless that is an IP address.
    AWS_ENDPOINT_URL_S3: origin,
    AWS_ACCESS_KEY_ID: ROOT_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_KEYS.secretAccessKey,
    AWS_REGION: emulator.region,
    AWS_DEFAULT_REGION: emulator.region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
