import { applyGrants } from './apply-grants.ts';
import { audit } from './audit.ts';
import { certificate } from './certificate.ts';
import type { CommandIo } from './command-io.ts';
import { describeFailure } from './describe-failure.ts';
import { diffGrants } from './diff-grants.ts';
import { edgeDeploy, edgeInitKv, edgeValidate } from './edge-deploy.ts';
import { edgeRun } from './edge-run.ts';
import { migrate } from './migrate.ts';
import { type Command, parseCommand } from './parse-command.ts';
import { printGrants } from './print-grants.ts';
import { quarantineLs } from './quarantine-ls.ts';
import { quarantinePurge } from './quarantine-purge.ts';
import { quarantineReplay } from './quarantine-replay.ts';
import { receipt } from './receipt.ts';
import { reconcile } from './reconcile.ts';
import { revoke } from './revoke.ts';
import { rotateIssuerKey } from './rotate-issuer-key.ts';
import { rotateSigning } from './rotate-signing.ts';
import { rotateStatus } from './rotate-status.ts';
import { send } from './send.ts';
import { smoke } from './smoke.ts';
import { spoolLs } from './spool-ls.ts';
import { spoolPurge } from './spool-purge.ts';
import { spoolReplay } from './spool-replay.ts';
import { tail } from './tail.ts';
import { types } from './types.ts';
import { USAGE, UsageError } from './usage.ts';

/**
 * Runs one command line.
 *
 * @returns the exit status: 0 done and all taken, 1 something was refused or failed, 2 the command line is wrong
 */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: CommandIo,
): Promise<0 | 1 | 2> {
  try {
    return (await run(parseCommand(args, env), io)) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`edgehouse: ${error.message}\nRun edgehouse help for the commands and options.`);
      return 2;
    }
    io.err(`edgehouse: ${describeFailure(error)}`);
    return 1;
  }
}

async function run(command: Command, io: CommandIo): Promise<boolean> {
  switch (command.kind) {
    case 'help':
      io.out(USAGE);
      return true;
    case 'send':
      return send(command, io);
    case 'migrate':
      await migrate(command, io);
      return true;
    case 'rotate signing':
      return rotateSigning(command, io);
    case 'rotate issuer-key':
      return rotateIssuerKey(command, io);
    case 'rotate status':
      return rotateStatus(command, io);
    case 'audit':
      await audit(command, io);
      return true;
    case 'quarantine ls':
      await quarantineLs(command, io);
      return true;
    case 'quarantine replay':
      return quarantineReplay(command, io);
    case 'quarantine purge':
      await quarantinePurge(command, io);
      return true;
    case 'spool ls':
      await spoolLs(command, io);
      return true;
    case 'spool replay':
      await spoolReplay(command, io);
      return true;
    case 'spool purge':
      return spoolPurge(command, io);
    case 'reconcile':
      return reconcile(command, io);
    case 'receipt':
      return receipt(command, io);
    case 'smoke':
      return smoke(command, io);
    case 'tail':
      await tail(command, io);
      return true;
    case 'types':
      await types(command, io);
      return true;
    case 'grants print':
      await printGrants(io);
      return true;
    case 'grants diff':
      return diffGrants(command.admin, io);
    case 'grants apply':
      await applyGrants(command.admin, io);
      return true;
    case 'revoke':
      await revoke(command, io);
      return true;
    case 'certificate':
      await certificate(command, io);
      return true;
    case 'edge run':
      await edgeRun(command, io);
      return true;
    case 'edge validate':
      await edgeValidate(command, io);
      return true;
    case 'edge deploy':
      await edgeDeploy(command, io);
      return true;
    case 'edge init-kv':
      await edgeInitKv(command, io);
      return true;
  }
}
