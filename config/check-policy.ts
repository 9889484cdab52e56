import { checkBreadth } from './check-breadth.ts';
import { checkReach } from './check-reach.ts';
import { problem } from './describe-issue.ts';
import { policyQuestions } from './policy-questions.ts';
import type { ConfigSections } from './schema.ts';

/**
 * What makes no sense in a policy whose every part is well formed: a rule that changes no answer, a principal that anybody could
 * be, a stream that nobody may write. Such a policy is not what its author believes it to be.
 */
export function checkPolicy(config: ConfigSections): readonly string[] {
  const principals = Object.values(config.principals);
  return [
    ...principals.flatMap(checkBreadth),
    ...principals.flatMap((principal) => checkReach(principal, config)),
    ...checkWriters(config),
  ];
}

function checkWriters(config: ConfigSections): readonly string[] {
  const written = new Set(
    Object.values(config.principals).flatMap((principal) =>
      policyQuestions(principal, config)
        .filter(({ action, allow, deny }) => action === 'write' && allow.length > 0 && deny.length === 0)
        .map(({ stream }) => stream),
    ),
  );
  return Object.keys(config.streams).flatMap((stream) =>
    written.has(stream)
      ? []
      : [
          problem(
            ['streams', stream],
            'nobody who may write it',
            'a principal that may; allow one, or remove the stream',
          ),
        ],
  );
}
