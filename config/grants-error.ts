/** The ClickHouse access SQL cannot be written with these options. */
export class GrantsError extends Error {
  override readonly name = 'GrantsError';
  readonly code = 'GRANTS_INVALID';
}
