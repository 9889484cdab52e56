import { MASKED } from '../../../cdk/protected-log.ts';
import type { Synthesized } from './synthesize.ts';

/** What a credential looks like that has a form of its own. */
const FORMS: Readonly<Record<string, RegExp>> = {
  ...Object.fromEntries(Object.entries(MASKED).map(([name, regex]) => [name, new RegExp(regex)])),
  AwsKeyId: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  PrivateKey: /-----BEGIN [A-Z ]*PRIVATE KEY/,
};

/**
 * Bits of a character. Of 200,000 keys of 32 bytes in base64url none had fewer than 4.18, of 24 bytes one in 500; our longest names
 * have 4.12.
 */
const RANDOM_BITS = 4.15;

/** Every text of a template that looks like a credential, as `<where>: <why>`. */
export function secretLike({ name, resources, outputs }: Synthesized): readonly string[] {
  // Logical ids end in a hash of eight characters; an alarm is called by the stack and its construct.
  const known = resources.flatMap(({ id, path }) => [id, `${name}-${path.split('/').at(-1)}`]);
  const named = resources.map(({ path, properties }) => [path, properties] as const);
  return [...named, ['Outputs', outputs] as const].flatMap(([where, value]) =>
    textsIn(value).flatMap((text) => {
      const why = reasonFor(text, known);
      return why === undefined ? [] : [`${where}: ${why}`];
    }),
  );
}

function reasonFor(text: string, known: readonly string[]): string | undefined {
  const [form] = Object.entries(FORMS).find(([, regex]) => regex.test(text)) ?? [];
  if (form !== undefined) return form;
  // An asset is named by the SHA-256 of its content.
  const words = text.replaceAll(/\b[0-9a-f]{64}\.zip\b/g, '').match(/[A-Za-z0-9+/_=-]{24,}/g) ?? [];
  // What other stacks read is called by the ids of what it is.
  const ours = (word: string) => known.includes(word) || /^PublishOutput\w+$/.test(word);
  return words.some((word) => isRandom(word) && !ours(word)) ? 'random' : undefined;
}

/** Letters of both cases in no order, or hex of 16 bytes and more. */
function isRandom(word: string): boolean {
  if (/^[0-9a-f]{32,}$/.test(word)) return true;
  return /[a-z]/.test(word) && /[A-Z]/.test(word) && bitsPerCharacter(word) > RANDOM_BITS;
}

function bitsPerCharacter(word: string): number {
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - (count / word.length) * Math.log2(count / word.length), 0);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...textsIn(inner)]);
}
