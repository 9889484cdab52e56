import { types } from 'node:util';

/** What failed, in words for a terminal: the code and message of an error, or of the cause that `fetch` hides behind its own. */
export function describeFailure(error: unknown): string {
  // `fetch` may throw errors of another realm, of which `instanceof` knows nothing.
  if (!types.isNativeError(error)) return 'an unknown failure';
  if (error.message === 'fetch failed' && error.cause !== undefined) return describeFailure(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // An AggregateError, one refused connection an address, has a code and no message.
  const parts = error.message.includes(code) ? [error.message] : [code, error.message];
  return parts.filter((part) => part !== '').join(': ') || error.name;
}
