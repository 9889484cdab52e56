import type { Resource, Synthesized } from './synthesize.ts';

/** What is there changes with every alarm and its words, and has tests of its own. */
const WATCH = 'Watch';

/**
 * What a deploy would change, a line each, sorted: `<construct> <property>` for a resource that keeps its logical id, `+ <construct>`
 * and `- <construct>` for one that comes or goes, `output <name>`. All of a type below `Watch` is one line.
 */
export function diffStacks(before: readonly Synthesized[], after: readonly Synthesized[]): readonly string[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const lines = names.flatMap((name) => {
    const [one, other] = [before, after].map((stacks) => stacks.find((stack) => stack.name === name));
    if (one === undefined) return [`+ stack ${name}`];
    if (other === undefined) return [`- stack ${name}`];
    const inStack = diffStack(one, other);
    return name === before[0]?.name ? inStack : inStack.map((line) => `${name}: ${line}`);
  });
  return [...new Set(lines)].sort();
}

function diffStack(before: Synthesized, after: Synthesized): readonly string[] {
  const [old, now] = [before, after].map(({ resources }) => new Map(resources.map((one) => [one.id, one])));
  const ids = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  const resources = [...ids].flatMap((id) => diffResource(old?.get(id), now?.get(id)));
  const outputs = differing(before.outputs, after.outputs, '').map((path) => `output ${path.split(/[.[]/)[0]}`);
  return [...resources, ...outputs];
}

function diffResource(old: Resource | undefined, now: Resource | undefined): readonly string[] {
  const { path, type } = now ?? old ?? { path: '', type: '' };
  const watched = path.startsWith(`${WATCH}/`);
  const name = watched ? `${WATCH} ${type}` : path;
  const changed = differing({ ...old, ...old?.properties }, { ...now, ...now?.properties }, '')
    // Once, by its own name.
    .filter((property) => !property.startsWith('properties'));
  if (changed.length === 0) return [];
  if (old === undefined) return [`+ ${name}`];
  if (now === undefined) return [`- ${name}`];
  return watched ? [name] : changed.map((property) => `${name} ${property}`);
}

/** Where two JSON values differ: the innermost member, or the list whose length does. */
function differing(one: unknown, other: unknown, path: string): readonly string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return [];
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.flatMap((item, index) => differing(item, other[index], `${path}[${index}]`));
  }
  if (!isObject(one) || !isObject(other)) return [path];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  return keys.flatMap((key) => differing(one[key], other[key], at(key)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
