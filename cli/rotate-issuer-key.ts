import { ISSUER_KEYS_SECRET } from '../config/secret-names.ts';
import type { IssuerKeyStep } from '../functions/rotation/roll-issuer-key.ts';
import { type IssuerKeyName, otherKey } from '../functions/shared/issuer-keys.ts';
import type { CommandIo } from './command-io.ts';
import type { RotateIssuerKeyCommand } from './rotate-issuer-key-command.ts';

/**
 * `edgehouse rotate issuer-key`: says what the next step of the roll to the issuer's other key is, and does it with `--apply`. A
 * roll is three steps over hours; each is one write, and between them everything works.
 *
 * @returns false where the issuer does not show what it has to publish
 */
export async function rotateIssuerKey(
  { place, issuer, withdraw, apply }: RotateIssuerKeyCommand,
  io: Pick<CommandIo, 'out' | 'now' | 'fetch'>,
): Promise<boolean> {
  const [{ config }, roll, { openIssuerKeyStore }, { countShownKeys }] = await Promise.all([
    import('#config'),
    import('../functions/rotation/roll-issuer-key.ts'),
    import('./rotate-issuer-key-store.ts'),
    import('./count-shown-keys.ts'),
  ]);
  const secret = ISSUER_KEYS_SECRET;
  const store = await openIssuerKeyStore(place, config.regions);
  if (withdraw !== undefined) {
    if (apply) await roll.withdrawIssuerKey(withdraw, { store, secret });
    io.out(describeWithdrawal(withdraw, apply));
    return true;
  }
  const deps = {
    store,
    secret,
    tokenLifetimeSeconds: config.edge.tokenLifetimeMinutes * 60,
    now: Math.floor(io.now() / 1000),
    countShownKeys: issuer === undefined ? undefined : () => countShownKeys(issuer, io.fetch),
  };
  const step = await (apply ? roll.rollIssuerKey(deps) : roll.nextIssuerKeyStep(deps));
  io.out(describeStep(step, apply));
  return step.kind !== 'blocked';
}

function describeStep(step: IssuerKeyStep, apply: boolean): string {
  switch (step.kind) {
    case 'wait':
      return `Nothing is due: ${step.before} can follow at ${new Date(step.until * 1000).toISOString()}. Run it again then.`;
    case 'blocked':
      return (
        `Nothing was done: the issuer shows ${step.shown} of ${step.expected} keys. ` +
        'It looks for new ones every minute; where that has passed, its log says what fails.'
      );
    case 'publish':
    case 'sign':
    case 'retire': {
      const { active } = step.next;
      const what = `${step.kind}: ${WORDS[step.kind](active, otherKey(active))}`;
      return apply ? `Done. ${what}` : `Next is ${what} Do it with --apply.`;
    }
  }
}

type Words = (active: IssuerKeyName, other: IssuerKeyName) => string;

const WORDS: Readonly<Record<'publish' | 'sign' | 'retire', Words>> = {
  publish: (active, other) => `key ${other} is published; tokens are still signed with key ${active}.`,
  sign: (active, other) =>
    `tokens are signed with key ${active}; key ${other} stays published for those that it signed.`,
  retire: (active, other) =>
    `the last token that key ${other} signed has expired, so that key ${active} is published alone.`,
};

function describeWithdrawal(name: IssuerKeyName, apply: boolean): string {
  const other = otherKey(name);
  const what =
    `withdraw: key ${other} signs, and is published alone. Tokens that key ${name} signed are refused within a quarter of an hour, by ` +
    'verifiers that reach the issuer. ' +
    // `iat` is the signer's word: a token that was signed for next month is refused now and good then.
    `If somebody else signed with key ${name}, put a new key in its place before the next roll publishes it again (docs/rotation.md).`;
  return apply
    ? `Done. ${what} Invoke the refresh now, so that EdgeWorkers have tokens of key ${other}.`
    : `Next is ${what} Do it with --apply.`;
}
