import { problem } from './describe-issue.ts';
import { nearestKey } from './nearest-key.ts';

/** A problem where the name is not among the known ones. */
export function unknownName(path: readonly PropertyKey[], name: string, known: readonly string[]): readonly string[] {
  if (known.includes(name)) return [];
  const nearest = nearestKey(name, known);
  const expected = nearest === undefined ? 'a name that exists, and there is none' : `one of ${known.join(', ')}`;
  const fix = nearest === undefined ? 'remove it' : `rename it to ${nearest}`;
  return [problem(path, JSON.stringify(name), `${expected}; ${fix}`)];
}
