/** The command line is not one that edgehouse knows. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const USAGE = `Usage: edgehouse <command> [options]

  send [FILE|-]     Send rows of a file, or of standard input, to a stream.
    --api URL           Origin of the API.
    --stream NAME       The stream.
    --credentials WHERE URL or file of the credentials item (EdgeKV) to sign with.
    --source NAME       Edge-Source, one that the policy ties to these credentials: ew/12345/1.2.0
    --format FORMAT     ndjson (default), json (one array of objects) or combined (access log).
    --batch N           Rows a batch, 1 to 10000, default 500.
    --concurrency N     Batches in flight, 1 to 64, default 4.
    --gzip              Compress the batches.

  migrate           Bring the database up to date.
    --clickhouse URL    Where ClickHouse answers. The account, one that may create, comes from the URL or from
                        EDGEHOUSE_CLICKHOUSE_USER and EDGEHOUSE_CLICKHOUSE_PASSWORD.
    --database NAME     Default: the one of edgehouse.config.ts.

  grants print      Print the SQL of users, roles and rights that edgehouse.config.ts asks for.

  rotate signing    Say what comes next in the roll of the signing master: four steps over hours, in which no batch is refused.
    --apply             Do it.
    --data DIR          The folder of a local stack. Default: Secrets Manager in the regions of edgehouse.config.ts.

  rotate status     Say which versions of the signing master are in force, and how far a roll has come.
    --data DIR          As above.

Exit status: 0 all taken or done, 1 something was refused or failed, 2 the command line is wrong.`;
