import { problem } from './describe-issue.ts';
import type { AllowRule, ConfigSections, DenyRule, Principal } from './schema.ts';
import { SYSTEM_VIEWS } from './system-views.ts';
import { unknownName } from './unknown-name.ts';

/** What is wrong with a principal's rules, held against the streams and regions that exist. */
export function checkPrincipal(principal: Principal, config: ConfigSections): readonly string[] {
  const at = ['principals', principal.name];
  return [
    ...principal.allow.flatMap((rule, index) => checkRule(rule, [...at, 'allow', index], config, [])),
    ...principal.deny.flatMap((rule, index) => checkRule(rule, [...at, 'deny', index], config, ['*'])),
    ...principal.allow.flatMap((rule, index) => checkFilter(rule, [...at, 'allow', index], principal)),
    ...checkClaims(principal),
    ...checkRoleName(principal, config),
  ];
}

function checkRule(
  rule: AllowRule | DenyRule,
  path: readonly PropertyKey[],
  { streams, regions }: ConfigSections,
  wildcards: readonly string[],
): readonly string[] {
  const known = Object.keys(streams);
  if ('read' in rule) {
    return rule.read.flatMap((name, index) => unknownName([...path, 'read', index], name, [...known, ...SYSTEM_VIEWS]));
  }
  return [
    ...rule.write.flatMap((name, index) => unknownName([...path, 'write', index], name, [...known, ...wildcards])),
    ...(rule.regions ?? []).flatMap((name, index) => unknownName([...path, 'regions', index], name, regions)),
  ];
}

function checkFilter(rule: AllowRule, path: readonly PropertyKey[], { allow }: Principal): readonly string[] {
  if (!('read' in rule) || rule.rows === undefined) return [];
  const [stream, ...more] = rule.read;
  if (stream === undefined || SYSTEM_VIEWS.includes(stream) || more.length > 0) {
    return [
      problem([...path, 'read'], rule.read.join(', '), 'one stream beside rows; give every stream a rule of its own'),
    ];
  }
  const naming = allow.filter((other) => 'read' in other && other.read.includes(stream));
  if (naming.length === 1) return [];
  // Whether the rows are filtered must not hang on the order of rules.
  const expected = `no other read rule that names ${stream}; keep one of them`;
  return [problem([...path, 'rows'], `${naming.length} read rules that name ${stream}`, expected)];
}

function checkClaims({ name, claims, require, allow }: Principal): readonly string[] {
  if (claims !== undefined || require === 'certificate' || !allow.some((rule) => 'write' in rule)) return [];
  const expected = "an object, since it may write; add the claims of its token, such as { sub: 'ew:12345' }";
  return [problem(['principals', name, 'claims'], 'nothing', expected)];
}

/** The SQL role of `x` and the SQL user of `x-role` would have one name, and a GRANT to one could reach the other. */
function checkRoleName({ name }: Principal, { principals }: ConfigSections): readonly string[] {
  const owner = name.replace(/-role$/, '');
  if (owner === name || !Object.hasOwn(principals, owner)) return [];
  return [problem(['principals', name], 'this name', `a name that is not "${owner}" and "-role"; rename it`)];
}
