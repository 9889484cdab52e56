import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

/** Where to reach ClickHouse with an account that may create databases, tables and views. */
export interface AdminAccount {
  /** Origin, `https://host:8443`, without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/**
 * A client for the operator's work. It names no database, because a request that names one fails until that is created.
 * It logs nothing: the client's own log quotes SQL.
 */
export function createAdminClient({ url, user, password }: AdminAccount): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    application: 'edgehouse',
    // An idle Cloud service needs up to a minute and more to wake (clickhouse-go #890, egma #176).
    request_timeout: 120_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
}
