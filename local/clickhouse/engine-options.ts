/** Who may speak to the embedded engine. */
export interface Account {
  readonly user: string;
  /** An administrator may change it with ALTER USER, for as long as the engine's process lives. */
  readonly password: string;
  /** All rights. Any other account has the roles that `accessSql` gives the user of its name. @default false */
  readonly admin?: boolean;
}

export interface EngineOptions {
  /** Made when absent; a normal directory. One process at a time can hold it. */
  readonly dataDir: string;
  /** @default 0: any free port */
  readonly port?: number;
  readonly accounts: readonly Account[];
  /**
   * Access control: CREATE ROLE, USER, SETTINGS PROFILE and QUOTA, GRANT and REVOKE, one statement each, without its semicolon. What the
   * engine could not enforce is refused, never skipped; only quotas are read and not counted.
   */
  readonly accessSql: readonly string[];
}
