/** Why the embedded engine did not start. */
export type EngineFailure =
  | { readonly code: 'ENGINE_START_FAILED'; readonly seen: string }
  | { readonly code: 'ENGINE_PLATFORM_UNSUPPORTED'; readonly platform: string }
  | { readonly code: 'PORT_BUSY'; readonly port: number }
  | { readonly code: 'DATA_DIR_BUSY'; readonly dataDir: string }
  | { readonly code: 'ACCESS_SQL_REFUSED'; readonly subject: string; readonly seen: string };

/** The embedded engine did not start. Its failure is plain data, for it crosses from the engine's process to the one that asked. */
export class EngineStartError extends Error {
  override readonly name = 'EngineStartError';
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure, options?: ErrorOptions) {
    super(describe(failure), options);
    this.failure = failure;
  }

  get code(): EngineFailure['code'] {
    return this.failure.code;
  }
}

function describe(failure: EngineFailure): string {
  switch (failure.code) {
    case 'ENGINE_START_FAILED':
      return `the embedded ClickHouse did not start: ${failure.seen}`;
    case 'ENGINE_PLATFORM_UNSUPPORTED':
      return (
        `no embedded ClickHouse for ${failure.platform}: there is one for Linux with glibc and for macOS, installed by npm ci; ` +
        'elsewhere set CLICKHOUSE_URL to a server, e.g. http://admin:password@127.0.0.1:8123'
      );
    case 'PORT_BUSY':
      return `port ${failure.port} of 127.0.0.1 is taken: stop what listens there, or take port 0 for any free one`;
    case 'DATA_DIR_BUSY':
      return `${failure.dataDir} is in use by another ClickHouse: stop the stack that runs on it, or give another directory`;
    case 'ACCESS_SQL_REFUSED':
      return (
        `${failure.subject} has ${failure.seen}: expected access control that the embedded ClickHouse can enforce; ` +
        'change it, or set CLICKHOUSE_URL to a server'
      );
    default:
      return failure satisfies never;
  }
}

/** Names a statement by its place in the list: its text may hold a password. */
export function statementRefused(index: number, seen: string): EngineStartError {
  return new EngineStartError({ code: 'ACCESS_SQL_REFUSED', subject: `statement ${index + 1} of accessSql`, seen });
}

export function accountRefused(user: string, seen: string): EngineStartError {
  return new EngineStartError({ code: 'ACCESS_SQL_REFUSED', subject: `account ${user}`, seen });
}
