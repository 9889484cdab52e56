import type { RollStep } from '../functions/rotation/roll-signing-master.ts';
import type { CommandIo } from './command-io.ts';
import type { RotateSigningCommand } from './rotate-command.ts';

/**
 * `edgehouse rotate signing`: says what the next step of the signing master's roll is, and does it with `--apply`. A roll is four
 * steps over hours; each is one write, and between them everything works.
 *
 * @returns false where a region does not read what was written
 */
export async function rotateSigning(
  { place, apply }: RotateSigningCommand,
  io: Pick<CommandIo, 'out' | 'now' | 'randomBytes' | 'fetch'>,
): Promise<boolean> {
  const [{ config }, roll, { openSigningMaster }] = await Promise.all([
    import('#config'),
    import('../functions/rotation/roll-signing-master.ts'),
    import('./rotate-signing-store.ts'),
  ]);
  const deps = {
    ...(await openSigningMaster(place, config, io)),
    tokenLifetimeSeconds: config.edge.tokenLifetimeMinutes * 60,
    now: Math.floor(io.now() / 1000),
    newKey: () => io.randomBytes(32),
  };
  const step = await (apply ? roll.rollSigningMaster(deps) : roll.nextRollStep(deps));
  io.out(describeStep(step, apply));
  return step.kind !== 'blocked';
}

function describeStep(step: RollStep, apply: boolean): string {
  switch (step.kind) {
    case 'wait':
      return `Nothing is due: ${step.before} can follow at ${new Date(step.until * 1000).toISOString()}. Run it again then.`;
    case 'blocked':
      return `Nothing was done: ${step.regions.join(', ')} does not read the new version. Look at the secret's replication there.`;
    case 'stage':
    case 'confirm':
    case 'promote':
    case 'retire': {
      const versions = step.next.keys.map(({ version }) => version).join(' and ');
      const what = `${step.kind}: ${WORDS[step.kind]} Verifiers then take version ${versions}.`;
      return apply ? `Done. ${what}` : `Next is ${what} Do it with --apply.`;
    }
  }
}

const WORDS = {
  stage: 'a new version is written beside the one in force; tokens are still made with the old one.',
  confirm: 'every region reads the new version; tokens are still made with the old one.',
  promote: 'tokens are made with the new version.',
  retire: 'the last token of the old version has expired, so that it goes.',
} as const;
