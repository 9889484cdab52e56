import { parseArgs } from 'node:util';
import { nearestKey } from '../config/nearest-key.ts';
import { UsageError } from './usage.ts';

/** Whether an option takes a value. */
export type OptionKinds = Readonly<Record<string, 'value' | 'flag'>>;

export interface ParsedOptions {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/**
 * Parses what follows a command.
 *
 * @throws UsageError naming the nearest known option where one is unknown
 */
export function parseOptions(args: readonly string[], kinds: OptionKinds): ParsedOptions {
  const known = Object.keys(kinds);
  const options = Object.fromEntries(
    known.map((name) => [name, { type: kinds[name] === 'flag' ? ('boolean' as const) : ('string' as const) }]),
  );
  // Not strict: node's own messages do not know which option was meant.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw new UsageError(`unknown option ${rawName}${suggestion(name, known)}`);
    if (kind === 'flag') {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
      flags.add(name);
      continue;
    }
    if (value === undefined || value === '' || (value.startsWith('--') && !token.inlineValue)) {
      throw new UsageError(`${rawName} needs a value`);
    }
    if (values.has(name)) throw new UsageError(`${rawName} is given twice`);
    values.set(name, value);
  }
  return { values, flags, positionals };
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestKey(name, known);
  return nearest === undefined ? '; there is none here' : `; did you mean --${nearest}?`;
}
