import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { awsEnvironment, type Emulator } from './emulator.ts';

/** AWS answered a call with an error. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  /** AWS's own, such as `ValidationError`. */
  readonly code: string;

  constructor(what: string, code: string, message: string) {
    super(`${what}: ${code}: ${message}`);
    this.code = code;
  }
}

const CALL_AWS = fileURLToPath(new URL('./call-aws.py', import.meta.url));
const TIMEOUT_MS = 90_000;
const MOST_OUTPUT = 50_000_000;

/**
 * Calls an API of AWS for which the project has no SDK client (CloudFormation, Lambda, logs, CloudWatch), with the
 * botocore that lies in the emulator's venv: about 0.5 s each, so for looking, not for load.
 *
 * @param service and operation as botocore names them: `'lambda'`, `'get_function'`
 * @returns the answer, unparsed: times are ISO 8601, a payload is its text
 * @throws AwsCallError for an answer that is an error; Error when the call could not be made
 */
export async function callAws(
  emulator: Emulator,
  service: string,
  operation: string,
  input: object = {},
): Promise<unknown> {
  const what = `${service} ${operation}`;
  const answer: unknown = JSON.parse(await run(emulator, [CALL_AWS, service, operation], JSON.stringify(input), what));
  const error = errorOf(answer);
  if (error !== undefined) throw new AwsCallError(what, error.code, error.message);
  return answer;
}

/** Not `spawnSync`: what is called may itself call a server of this process. */
function run(emulator: Emulator, args: readonly string[], input: string, what: string): Promise<string> {
  const env = { ...awsEnvironment(emulator), AWS_CA_BUNDLE: emulator.certificateFile, PATH: '/usr/bin:/bin' };
  return new Promise((resolve, reject) => {
    const call = execFile(
      emulator.python,
      args,
      { env, timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${what} could not be called: ${stderr.trim().slice(-800)}`, { cause: error }));
      },
    );
    // A program that ends at once leaves a pipe that takes nothing: its exit code says more.
    call.stdin?.on('error', () => undefined).end(input);
  });
}

function errorOf(answer: unknown): { readonly code: string; readonly message: string } | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return undefined;
  return { code: String(error.code), message: String(error.message) };
}
