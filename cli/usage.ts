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
    --format FORMAT     ndjson (default), json (one array of objects), csv (with a header) or combined (access log).
    --batch N           Rows a batch, 1 to 10000, default 500.
    --concurrency N     Batches in flight, 1 to 64, default 4.
    --gzip              Compress the batches; not with csv.

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

  edge run          Serve the bundle of any EdgeWorker on loopback, under the limits of a resource tier, until Ctrl-C; then say what
                    its handlers used (docs/edge-runtime.md).
    --bundle FILE       A .tgz, or the folder that it is made of.
    --tier NAME         basic, dynamic or enterprise. Default: dynamic, which is Akamai's.
    --port N            Default: any free one.
    --property FILE     JSON: paths, site, hosts that sub-requests reach, variables, EdgeKV items.
    --drop FRACTION     Drop what this part of the calls leaves un-awaited. Default: 0.
    --late SECONDS      Within so many seconds two copies of EdgeKV see each item. Default: 0.
    --seed N            Of what --drop and --late leave to chance. Default: 0.

  edge validate     Have Akamai look at the bundles of npm run edge:build; nothing is changed there.
    --only NAME         collector or request-event. Default: every EdgeWorker of edgehouse.config.ts.
    --bundles DIR       Default: dist/edgeworker.
    --edgerc FILE, --section NAME
                        The Akamai API client. Default: AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_CLIENT_SECRET and
                        AKAMAI_ACCESS_TOKEN, else section default of ~/.edgerc.

  edge deploy       Upload them, and activate them on staging, then on production. May be run again at any time: it goes on where
                    it stopped. Options as above.
    --network NAME      Only staging, or only production.
    --wait MINUTES      For an activation, 1 to 240, default 30.
    --rollback          Go back to the version that was active before that of these bundles.

  edge init-kv      Initialise EdgeKV, and make the namespace of edgehouse.config.ts on its networks and an access token that reads it
                    in its EdgeWorkers. What is there is left as it is. Options of the API client as above.
    --group ID          The access group of Control Center that owns the namespaces; 0 for all.
    --token NAME        Name of the access token. Default: edgehouse.

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

  quarantine ls     Show the rows that did not fit their table: how many with which fault.
    --clickhouse URL    As for migrate; the operator's account (edgehouse grants print).
    --stream NAME       Only of this stream.
    --principal NAME    Only what this principal sent.
    --since TIME, --until TIME
                        As for audit.
    --code CODE         Only rows with this fault: FIELD_TYPE
    --rows              The newest 100 rows themselves.

  quarantine replay Have rows judged again, under a new batch id: whole batches, and none twice.
    --stream NAME, --principal NAME
                        Whose rows; the rest as above.
    --apply             Do it.
    --api URL, --credentials WHERE, --source NAME
                        With --apply; as for send, with the credentials of this principal.

  quarantine purge  Delete rows from the quarantine; options as for ls, one at least.
    --erase             Everything of --principal in ClickHouse: rows of the tables, of the quarantine and of the ledger.
    --apply             Do it.

  spool ls          Show the batches that ClickHouse could not take yet.
    --stream NAME, --principal NAME, --object NAME
                        Only these.
    --older TIME        Only those put before then: 15m, 2h, 7d, or a time.
    --clickhouse URL    Say what the ledger has of each. As for quarantine ls.
    --data DIR          The folder of a local stack. Default: S3 and SQS in the regions of edgehouse.config.ts; where that keeps the
                        spool key in Vault, with the token in VAULT_TOKEN.

  spool replay      Queue them for replay again, dead letters too; options as for ls.
    --apply             Do it.

  spool sweep       The same for those without an outcome: neither stored nor a dead letter for an hour (--older).
    --apply             Do it.

  spool purge       Take them out of the spool: nobody stores them after that. Options as for ls, one of the first three at least.
    --erase             Every version too that S3 keeps, of those that were stored and are gone as well.
    --apply             Do it.

  reconcile         Hold what senders were told, what ClickHouse has and what waits in the spool against each other. Exit status 1
                    where a row is missing.
    --since TIME        As for audit.
    --clickhouse URL    As for quarantine ls.
    --stream NAME, --principal NAME
                        Only these.
    --tables            Count the rows in the tables, and not by the ledger: after a crash of a server that is not replicated.
    --json              For a program, with every batch that lacks rows.
    --data DIR          As for spool ls.

  receipt BATCH_ID  Say what became of a batch. Exit status 1 where it is not known, or a row of it is missing.
    --clickhouse URL    As for quarantine ls.
    --since TIME        From when on audit lines are read. Default: when the batch was made, by its id; or 1d.
    --data DIR          As for spool ls.

  smoke [FILE]      Check over HTTP that a deployment keeps its contract: TLS, who is let in, and each refusal. Exit status 1 where
                    something is not as expected. FILE is a row that fits the stream, one JSON object; default: one of web_events.
    --url URL           Origin of the API.
    --stream NAME, --credentials WHERE, --source NAME
                        As for send; without them no batch is sent. Each run leaves two or three rows in the stream, and one in the
                        quarantine.
    --certificate FILE, --key FILE, --authorities FILE, --principal NAME
                        As for send.
    --clickhouse URL    See there too that a repeated batch is stored once. As for quarantine ls.
    --json              For a program.

  tail              Show rows as they are stored, until Ctrl-C.
    --stream NAME       The stream.
    --clickhouse URL    As for migrate; the operator's account or a reader's, who sees what the policy lets it see.
    --errors            What is refused instead: rows with their faults, and batches. Needs the operator's account.
    --data DIR          As for audit.

  types             Print the type of a stream's rows in TypeScript, for those who write events.
    --stream NAME       The stream.
    --clickhouse URL    As for migrate; the operator's account, or a reader's who sees all of its rows.

Exit status: 0 all taken or done, 1 something was refused or failed, 2 the command line is wrong.`;
