import type { AllowRule, DenyRule, Principal } from './schema.ts';

export type Action = 'write' | 'read';

/** The answer of the policy. `rule` names the rule that decided, e.g. `web-edge.deny[1]`, or `default` where none did. */
export type Decision =
  | { readonly allowed: true; readonly rule: string; readonly trust: 'edge' | 'client' }
  | { readonly allowed: false; readonly rule: string };

/**
 * Decides whether a principal may do this. What no rule allows is denied, and a deny beats every allow. The first allow rule that
 * fits names the trust. A read is decided without source and region; its trust is `client` and means nothing.
 *
 * @param principal undefined where the caller is nobody we know: denied
 * @param stream a stream's name, or `batches` for a read
 */
export function decide(
  principal: Principal | undefined,
  action: Action,
  stream: string,
  source: string,
  region: string,
): Decision {
  if (principal === undefined) return { allowed: false, rule: 'default' };
  const denied = denyingRule(principal, action, stream, source, region);
  if (denied !== undefined) return { allowed: false, rule: denied };
  for (const [index, rule] of principal.allow.entries()) {
    if (!fits(rule, action, stream, source, region)) continue;
    return { allowed: true, rule: `${principal.name}.allow[${index}]`, trust: 'write' in rule ? rule.trust : 'client' };
  }
  return { allowed: false, rule: 'default' };
}

/** The deny rule that stands against this, if any. What once was allowed and is not denied now stays allowed (design §3.6). */
export function denyingRule(
  principal: Principal,
  action: Action,
  stream: string,
  source: string,
  region: string,
): string | undefined {
  const index = principal.deny.findIndex((rule) => fits(rule, action, stream, source, region));
  return index === -1 ? undefined : `${principal.name}.deny[${index}]`;
}

/** Whether it may write anything at all. Only such a principal learns that a stream does not exist (404); others get 403. */
export function mayWriteAny(principal: Principal | undefined): boolean {
  return principal?.allow.some((rule) => 'write' in rule) ?? false;
}

/** Whether the rule speaks of this at all. */
export function fits(
  rule: AllowRule | DenyRule,
  action: Action,
  stream: string,
  source: string,
  region: string,
): boolean {
  if ('read' in rule) return action === 'read' && rule.read.includes(stream);
  if (action !== 'write') return false;
  const named = rule.write.includes(stream) || rule.write.includes('*');
  const fromSource = rule.sources === undefined || rule.sources.some((pattern) => matchesSource(pattern, source));
  return named && fromSource && (rule.regions === undefined || rule.regions.includes(region));
}

/** `ew/1/*` stands for everything below `ew/1/`, and not for `ew/1/` itself. */
function matchesSource(pattern: string, source: string): boolean {
  if (!pattern.endsWith('/*')) return source === pattern;
  const prefix = pattern.slice(0, -1);
  return source.length > prefix.length && source.startsWith(prefix);
}
