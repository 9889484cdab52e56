/** How to reach ClickHouse as one user: the text of its secret, `{"url":"https://…:8443","username":…,"password":…}`. */
export interface ClickHouseCredential {
  /** Origin of ClickHouse's HTTP interface. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The secret of a ClickHouse user is not of the form above; nothing of it is in the message. */
export class ClickHouseCredentialInvalidError extends Error {
  override readonly name = 'ClickHouseCredentialInvalidError';
  readonly code = 'CLICKHOUSE_CREDENTIAL_INVALID';
  readonly retryable = false;
  constructor() {
    super('A ClickHouse secret is not {"url","username","password"} with three strings. Correct the secret.');
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

function parseObject(text: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(text)));
  } catch {
    throw new ClickHouseCredentialInvalidError();
  }
}
