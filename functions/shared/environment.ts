/** A deploy-time value that the stack did not set; nothing can work without it, so the function refuses to start. */
export class EnvironmentMissingError extends Error {
  override readonly name = 'EnvironmentMissingError';
  readonly code = 'ENVIRONMENT_MISSING';
  readonly retryable = false;
  constructor(name: string) {
    super(`The environment variable ${name} is not set. Deploy the function with the stack's own construct.`);
  }
}

/** Reads a deploy-time value (an ARN or URL, never a secret). @throws EnvironmentMissingError */
export function required(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new EnvironmentMissingError(name);
  return value;
}
