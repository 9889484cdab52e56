import { type Stack, Validations } from 'aws-cdk-lib/core';
import type { Config } from '../config/schema.ts';

/** What leaves a production stack open, and the setting that closes it. */
export interface Opening {
  /** By which it can be acknowledged. */
  readonly id: string;
  readonly warning: string;
}

/** What `cdk synth` and `cdk deploy` warn of; with `--strict` it stops them. */
export function warnIfOpen(stack: Stack, config: Config): void {
  for (const { id, warning } of findOpenings(config)) Validations.of(stack).addWarning(`edgehouse:${id}`, warning);
}

/** Of a stack that is only tried out, nothing. */
export function findOpenings({ production, domain, principals }: Config): readonly Opening[] {
  if (production === undefined) return [];
  const byToken = Object.values(principals)
    .filter(({ require, allow }) => require === 'token' && allow.some((rule) => 'write' in rule))
    .map(({ name }) => name);
  return [
    ...when(domain?.mtls !== true, {
      id: 'no-client-certificates',
      warning: 'No sender needs a client certificate. Close it with domain.mtls: true.',
    }),
    ...when(byToken.length > 0 && production.originIps === undefined, {
      id: 'any-address',
      warning: `Whoever holds a token and its key is believed from every address: ${byToken.join(', ')}. Close it with production.originIps, or with require: 'both' for each of them.`,
    }),
    ...when(production.reservedConcurrency === 'none', {
      id: 'shared-concurrency',
      warning:
        'A neighbour in the account can use up the executions that ingest needs, and a flood of batches those of the neighbours. Close it with production.reservedConcurrency.',
    }),
    ...when(production.alarmsTo === undefined, {
      id: 'nobody-woken',
      warning:
        "No alarm reaches anybody. Close it with production.alarmsTo: e-mail addresses, or 'elsewhere' where you subscribe to the outputs PageTopicArn and AlarmTopicArn yourself.",
    }),
  ];
}

function when(open: boolean, opening: Opening): readonly Opening[] {
  return open ? [opening] : [];
}
