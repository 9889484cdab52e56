import { problem } from './describe-issue.ts';
import { type PolicyQuestion, policyQuestions } from './policy-questions.ts';
import type { AllowRule, ConfigSections, DenyRule, Principal } from './schema.ts';

/**
 * Rules that change no answer. Whoever wrote one believes in a right or a bar that is not there.
 *
 * The last rule is looked at first, and each is held against those that have not been told yet: of two equal rules the later is told,
 * and all that are told can go together.
 */
export function checkReach(principal: Principal, config: ConfigSections): readonly string[] {
  const questions = policyQuestions(principal, config);
  return [...idleAllows(principal, questions), ...idleDenies(principal, questions)];
}

function idleAllows({ name, allow }: Principal, questions: readonly PolicyQuestion[]): readonly string[] {
  const kept = new Set(allow.keys());
  return fromLast(allow).flatMap(([index, rule]) => {
    const asked = questions.filter((question) => question.allow.includes(index));
    const others = (question: PolicyQuestion) => question.allow.filter((other) => other !== index && kept.has(other));
    const changes = asked.some((question) => {
      if (question.deny.length > 0) return false;
      const [without] = others(question);
      if (without === undefined) return true;
      return Math.min(index, without) === index && answerOf(rule) !== answerOf(allow[without]);
    });
    if (changes) return [];
    kept.delete(index);
    const covering = asked.flatMap((question) =>
      question.deny.length > 0
        ? [`deny[${question.deny[0]}]`]
        : others(question)
            .slice(0, 1)
            .map((other) => `allow[${other}]`),
    );
    const expected = `a rule that allows more; ${allowFix(rule, covering)}`;
    return [
      problem(['principals', name, 'allow', index], `${ruleText(rule)}, which ${list(covering)} covers`, expected),
    ];
  });
}

function allowFix(rule: AllowRule, covering: readonly string[]): string {
  if (covering.every((other) => other.startsWith('allow'))) return 'remove it';
  return 'read' in rule
    ? 'remove it and the deny'
    : 'remove it and keep the deny, which stops what waits in the spool too';
}

/** Which of two allow rules answers makes a difference in the trust alone: rows of a read are filtered by one rule only. */
function answerOf(rule: AllowRule | undefined): string {
  return rule === undefined || 'read' in rule ? 'read' : rule.trust;
}

function idleDenies({ name, allow, deny }: Principal, questions: readonly PolicyQuestion[]): readonly string[] {
  const kept = new Set(deny.keys());
  return fromLast(deny).flatMap(([index, rule]) => {
    const at = ['principals', name, 'deny', index];
    const asked = questions.filter((question) => question.deny.includes(index));
    const bars = asked.some((question) => question.allow.length > 0);
    if (!bars && isIdle(rule, asked, allow)) {
      kept.delete(index);
      const expected = 'a rule that bars what an allow rule gives; correct what it names, or remove it';
      return [problem(at, ruleText(rule), expected)];
    }
    const others = asked.map(({ deny: speaking }) => speaking.find((other) => other !== index && kept.has(other)));
    if (others.includes(undefined)) return [];
    kept.delete(index);
    const covering = list(others.map((other) => `deny[${other}]`));
    return [problem(at, `${ruleText(rule)}, which ${covering} covers`, 'a rule that denies more; remove it')];
  });
}

/**
 * A deny on a stream that no allow rule names any more still works: replay stores nothing of what was spooled before (design §3.6).
 * Beside an allow rule on the same stream, one that meets nothing is a slip of the pen. A read leaves nothing behind.
 */
function isIdle(rule: DenyRule, asked: readonly PolicyQuestion[], allow: readonly AllowRule[]): boolean {
  if ('read' in rule) return true;
  return asked.some(({ stream }) => allow.some((other) => 'write' in other && other.write.includes(stream)));
}

function fromLast<Rule>(rules: readonly Rule[]): readonly (readonly [number, Rule])[] {
  return [...rules.entries()].toReversed();
}

function ruleText(rule: AllowRule | DenyRule): string {
  if ('read' in rule) return `read ${rule.read.join(', ')}`;
  const from = rule.sources === undefined ? '' : ` from ${rule.sources.join(', ')}`;
  const where = rule.regions === undefined ? '' : ` in ${rule.regions.join(', ')}`;
  return `write ${rule.write.join(', ')}${from}${where}`;
}

function list(names: readonly string[]): string {
  return [...new Set(names)].toSorted().join(' and ');
}
