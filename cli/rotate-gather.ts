import type { Config } from '../config/schema.ts';
import { parseSigningMaster } from '../functions/rotation/signing-master.ts';
import { parseIssuerKeys } from '../functions/shared/issuer-keys.ts';
import { describeFailure } from './describe-failure.ts';
import { type CredentialStatus, unknownStatus, unreadStatus } from './rotate-credential-status.ts';
import { judgeIssuerKeys, judgeSigningMaster } from './rotate-judge-roll.ts';
import { judgeSecret } from './rotate-judge-secret.ts';
import { judgeEdgeToken } from './rotate-judge-token.ts';
import type { StatusPlace } from './rotate-status-place.ts';

/** Looks at every credential. What cannot be read is a line that says why, and the rest goes on. */
export async function gatherStatus(
  place: StatusPlace,
  edge: Config['edge'],
  now: number,
): Promise<readonly CredentialStatus[]> {
  const [secrets, tokens] = await Promise.all([readSecrets(place, edge, now), readTokens(place, edge, now)]);
  return [...secrets, ...tokens];
}

async function readSecrets(
  { secrets, describe, readSecret }: StatusPlace,
  { tokenLifetimeMinutes }: Config['edge'],
  now: number,
): Promise<readonly CredentialStatus[]> {
  const lifetime = tokenLifetimeMinutes * 60;
  return Promise.all(
    secrets.map(async (listed) => {
      try {
        const status = judgeSecret(listed, await describe(listed.secret), now);
        if (status.state !== 'ok') return status;
        // Only of these is the value looked at: where a roll stands is in there.
        switch (listed.renewal) {
          case 'rotate signing':
            return judgeSigningMaster(status, parseSigningMaster(await readSecret(listed.secret)), now, lifetime);
          case 'rotate issuer-key':
            return judgeIssuerKeys(status, parseIssuerKeys(await readSecret(listed.secret)), now, lifetime);
          case 'schedule':
          case 'by hand':
          case 'at each start':
            return status;
        }
      } catch (error) {
        return unreadStatus(listed.credential, describeFailure(error));
      }
    }),
  );
}

async function readTokens(
  { items, networks }: StatusPlace,
  { edgeWorkerIds, refreshMinutes }: Config['edge'],
  now: number,
): Promise<readonly CredentialStatus[]> {
  if (edgeWorkerIds.length === 0) return [];
  if (items === 'nowhere') {
    return [unknownStatus('edge tokens', 'in the memory of a stack that runs: give its address with --edgekv')];
  }
  try {
    const readItem = await items();
    const perNetwork = networks.map(async (network) => {
      const read: CredentialStatus[] = [];
      // One after the other: Akamai counts the calls of an account.
      for (const id of edgeWorkerIds) {
        const status = readItem(network, id).then(
          (text) => judgeEdgeToken({ id, network }, text, { now, refreshMinutes }),
          (error: unknown) => unreadStatus(`edge token ${id} ${network}`, describeFailure(error)),
        );
        read.push(await status);
      }
      return read;
    });
    return (await Promise.all(perNetwork)).flat();
  } catch (error) {
    return [unreadStatus('edge tokens', describeFailure(error))];
  }
}
