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
    --certificate FILE  The client certificate (PEM), for a domain that asks for one; with --key.
    --key FILE          Its private key.
    --authorities FILE  The CAs of the server, where Node does not know them.
    --principal NAME    Send as this principal, which has a certificate and no token: --credentials is its secret's text.
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

  grants diff       Show what a server has beyond that, and what it lacks. Exit status 1 where there is a difference.
    --clickhouse URL    As for migrate; an account that may SHOW ACCESS.

  grants apply      Make the accounts of a server what edgehouse.config.ts asks for. May be run at any time and again.
    --clickhouse URL    As for migrate; an account that may create users and grant what they get.

  revoke PRINCIPAL  Say what to write so that the tokens of a principal that were issued before a time are refused.
    --at TIME           2026-11-23T10:00:00Z, or so long ago: 15m, 2h, 7d. Default: now.

  certificate FILE  Print what to write into edgehouse.config.ts to know the client certificate of this PEM file, or to deny it.

  rotate signing    Say what comes next in the roll of the signing master: four steps over hours, in which no batch is refused.
    --apply             Do it.
    --data DIR          The folder of a local stack. Default: where edgehouse.config.ts keeps the secrets; where that is Vault,
                        with the token in VAULT_TOKEN.

  rotate issuer-key
                    Say what comes next in the roll to the issuer's other key: three steps over hours, in which no token is refused.
    --issuer URL        The issuer, whose key set has to show the other key before it signs. Only a local one may be left out.
    --apply             Do it.
    --withdraw KEY      a or b, in an emergency: take this key back at once, and have the other one sign. Needs no --issuer.
    --data DIR          As above.

  rotate status     Show each credential: its age, expiry, next run and last outcome. Exit status 1 where one needs a look.
    --json              For a program, with exact times.
    --data DIR          As above.
    --edgekv URL        With --data: EdgeKV of a local stack that runs, as npm start prints it.

  audit             Show who was let in and who was not, and what became of each batch.
    --since TIME        2026-11-23T10:00:00Z, or so long ago: 15m, 2h, 7d.
    --refused           Only what was denied, failed, or lies among the dead letters.
    --json              The lines as they are, one JSON object each.
    --data DIR          The folder of a local stack. Default: CloudWatch Logs in the regions of edgehouse.config.ts.

Exit status: 0 all taken or done, 1 something was refused or failed, 2 the command line is wrong.`;
