import { isProtectedUrl } from '../../config/is-protected-url.ts';

/** How to reach ClickHouse as one user: the text of its secret, `{"url":"https://…:8443","username":…,"password":…}`. */
export interface ClickHouseCredential {
  /** Origin of ClickHouse's HTTP interface. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The secret of a ClickHouse user is not of the form above, or its password would travel in clear text; nothing of it is in the message. */
export class ClickHouseCredentialInvalidError extends Error {
  override readonly name = 'ClickHouseCredentialInvalidError';
  readonly code = 'CLICKHOUSE_CREDENTIAL_INVALID';
  readonly retryable = false;
  constructor(seen = 'is not {"url","username","password"} with three strings') {
    super(`A ClickHouse secret ${seen}. Correct the secret.`);
  }
}

export function parseClickHouseCredential(secret: string): ClickHouseCredential {
  const fields = parseObject(secret);
  const [url, username, password] = ['url', 'username', 'password'].map((name) => fields.get(name));
  if (typeof url !== 'string' || typeof username !== 'string' || typeof password !== 'string' || !URL.canParse(url)) {
    throw new ClickHouseCredentialInvalidError();
  }
  return { url, username, password };
}

/** The same, for a deployed function: its password goes over TLS or stays on this machine. @throws ClickHouseCredentialInvalidError */
export function parseProtectedCredential(secret: string): ClickHouseCredential {
  const credential = parseClickHouseCredential(secret);
  if (isProtectedUrl(new URL(credential.url))) return credential;
  throw new ClickHouseCredentialInvalidError('names another machine without https://');
}

function parseObject(text: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(text)));
  } catch {
    throw new ClickHouseCredentialInvalidError();
  }
}
