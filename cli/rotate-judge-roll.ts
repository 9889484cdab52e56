import { SIGN_AFTER_SECONDS } from '../functions/rotation/roll-issuer-key.ts';
import { PROMOTE_AFTER_SECONDS } from '../functions/rotation/roll-signing-master.ts';
import { retireAfterSeconds } from '../functions/rotation/roll-waits.ts';
import { mintingOrder, type SigningMaster } from '../functions/rotation/signing-master.ts';
import type { IssuerKeys } from '../functions/shared/issuer-keys.ts';
import type { CredentialStatus } from './rotate-credential-status.ts';

/** The signing master, whose value says how far its roll has come. */
export function judgeSigningMaster(
  secret: CredentialStatus,
  master: SigningMaster,
  now: number,
  tokenLifetimeSeconds: number,
): CredentialStatus {
  const { keys, roll } = master;
  const versions = keys.map(({ version }) => version).join(', ');
  const waits = { staged: 0, readable: PROMOTE_AFTER_SECONDS, minting: retireAfterSeconds(tokenLifetimeSeconds) };
  return {
    ...secret,
    ...judgeRoll(secret.next, roll && { ...roll, seconds: waits[roll.phase] }, now),
    last: `versions ${versions}; tokens are made with ${mintingOrder(master)[0].version}; ${describeRoll(roll, now)}`,
  };
}

/** The issuer's keys, by the note which one signs. */
export function judgeIssuerKeys(
  secret: CredentialStatus,
  { active, roll }: IssuerKeys,
  now: number,
  tokenLifetimeSeconds: number,
): CredentialStatus {
  const waits = { published: SIGN_AFTER_SECONDS, signing: retireAfterSeconds(tokenLifetimeSeconds) };
  return {
    ...secret,
    ...judgeRoll(secret.next, roll && { ...roll, seconds: waits[roll.phase] }, now),
    last: `key ${active} signs; ${describeRoll(roll, now)}`,
  };
}

/** When the roll's next step can follow; the command, where it can now. */
function judgeRoll(
  command: CredentialStatus['next'],
  roll: { readonly since: number; readonly seconds: number } | undefined,
  now: number,
): Pick<CredentialStatus, 'next'> {
  const follows = roll === undefined ? now : (roll.since + roll.seconds) * 1000;
  return { next: follows > now ? follows : command };
}

function describeRoll(roll: { readonly phase: string; readonly since: number } | undefined, now: number): string {
  if (roll === undefined) return 'no roll is under way';
  return `roll: ${roll.phase} for ${Math.floor((now / 1000 - roll.since) / 60)} min`;
}
