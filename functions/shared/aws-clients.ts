/** What every AWS client of ours is made with. */
export interface AwsClientOptions {
  readonly region: string;
  readonly maxAttempts: number;
  readonly retryMode: string;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly socketTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

/**
 * One policy for all: three attempts, and none of them waits long. Without these the SDK waits for ever on a connection that
 * is open and silent. A caller's `abortSignal` bounds all attempts together.
 *
 * @param region said, so that no client looks for it in files or in the machine's metadata
 */
export function awsClientOptions(region: string): AwsClientOptions {
  return {
    region,
    maxAttempts: 3,
    retryMode: 'standard',
    // Milliseconds. The answer has to begin, and then not to pause, within three seconds.
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: 3000,
      socketTimeout: 3000,
      // Otherwise the SDK only logs that the time is over.
      throwOnRequestTimeout: true,
    },
  };
}

/** An error's own word for itself: what the SDK or Node made it, never free text of a service. */
const WORD = /^[A-Za-z][\w.-]{0,63}$/;

/** What came instead of an answer, in words that may be logged: AWS's error code, status and attempts; no message, which may quote. */
export function describeAwsFault(fault: unknown): string {
  const { name, code, $metadata } = membersOf(fault);
  if (typeof name !== 'string') return 'no answer';
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  const { httpStatusCode, attempts } = membersOf($metadata);
  // Node's errors are all called Error; their code tells them apart.
  const word = name === 'Error' && typeof code === 'string' ? code : name;
  const words = [WORD.test(word) ? word : 'an error without a name'];
  if (typeof httpStatusCode === 'number') words.push(`status ${httpStatusCode}`);
  if (typeof attempts === 'number' && attempts > 1) words.push(`${attempts} attempts`);
  return words.join(', ');
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
