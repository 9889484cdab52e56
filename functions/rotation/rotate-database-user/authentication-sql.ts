/** One way in which a user may log in: the SHA-256 of a password in hex, for ever or until a time in milliseconds. */
export interface LoginMethod {
  readonly hash: string;
  readonly until?: number;
}

/** Lets a user log in with one more password; the others stay as they are. */
export function addMethod(user: string, method: LoginMethod): string {
  return `ALTER USER ${quote(user)} ADD IDENTIFIED WITH ${written(method)}`;
}

/** Lets a user log in with these passwords and no others. One statement, so that there is no moment between. */
export function keepMethods(user: string, methods: readonly [LoginMethod, ...LoginMethod[]]): string {
  return `ALTER USER ${quote(user)} IDENTIFIED WITH ${methods.map(written).join(', ')}`;
}

/** VALID UNTIL belongs to the one method that it follows (ClickHouse, CREATE USER). With `Z`, or the server takes its own time zone. */
function written({ hash, until }: LoginMethod): string {
  const method = `sha256_hash BY '${hash}'`;
  return until === undefined ? method : `${method} VALID UNTIL '${new Date(until).toISOString().slice(0, 19)}Z'`;
}

function quote(identifier: string): string {
  return `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
}
