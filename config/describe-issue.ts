import type { z } from 'zod';
import { nearestKey } from './nearest-key.ts';

/** What zod calls by the name of a type, in the words of a reader. */
const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['record', 'an object of named entries'],
  ['array', 'a list'],
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
]);

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One line a problem: `path: seen → expected; fix`. */
export function describeIssue(issue: Issue, input: unknown, base: Path = []): readonly string[] {
  const path = [...base, ...issue.path];
  const value = valueAt(input, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      // `strictObject` puts the known keys into the message.
      const known = issue.message.split(',');
      return issue.keys.map((key) => problem([...path, key], 'unknown key', unknownKey(key, known)));
    }
    case 'invalid_union':
      return nearestBranch(issue.errors).flatMap((nested) => describeIssue(nested, input, path));
    case 'invalid_key':
      return issue.issues.map((nested) => problem(path, 'this name', `${nested.message}; rename it`));
    case 'invalid_type':
      return [
        problem(path, seen(value, path), `${TYPE_WORDS.get(issue.expected) ?? issue.expected}; ${addOrChange(value)}`),
      ];
    case 'invalid_value': {
      const allowed = issue.values.map((one) => JSON.stringify(one)).join(' or ');
      return [problem(path, seen(value, path), `${allowed}; ${addOrChange(value)}`)];
    }
    case 'too_small': {
      const least = `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`;
      return [problem(path, seen(value, path), `${least}; ${issue.origin === 'array' ? 'add one' : 'raise it'}`)];
    }
    case 'too_big':
      return [problem(path, seen(value, path), `at most ${issue.maximum}${unit(issue.origin)}; lower it`)];
    case 'invalid_format':
    case 'custom':
    case 'invalid_element':
    case 'not_multiple_of':
      return [problem(path, seen(value, path), `${issue.message}; change it`)];
  }
}

/** `principals.web-edge.allow[0].write` */
export function pathText(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? 'the config' : text.replace(/^\./, '');
}

export function problem(path: Path, seenText: string, expected: string): string {
  return `${pathText(path)}: ${seenText} → ${expected}`;
}

function unknownKey(key: string, known: readonly string[]): string {
  if (known.includes('read') && (key === 'sources' || key === 'regions')) {
    return 'no such key beside read: a ClickHouse grant cannot check it; remove it';
  }
  return `one of ${known.join(', ')}; rename it to ${nearestKey(key, known)}, or remove it`;
}

/** What stands at the path. A value is shown only where it cannot be a secret that was pasted in place of its name. */
function seen(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') {
    // Or in a URL, before its host.
    const shown = value.length <= 80 && !path.includes('secrets') && !/\/\/.*@/.test(value);
    return shown ? JSON.stringify(value) : `text of ${value.length} characters`;
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

function addOrChange(value: unknown): string {
  return value === undefined ? 'add it' : 'change it';
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' in the list' : '';
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** The form that was most likely meant: the one with the fewest faults, where being of another kind altogether counts most. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  let nearest: { readonly issues: readonly Issue[]; readonly faults: number } | undefined;
  for (const issues of branches) {
    const faults = issues.reduce((sum, issue) => sum + weight(issue), 0);
    if (nearest === undefined || faults < nearest.faults) nearest = { issues, faults };
  }
  return nearest?.issues ?? [];
}

function weight(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length;
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value') ? 100 : 1;
}
