import { z } from 'zod';

/**
 * A strict object. The message of an unknown key carries the known keys, from which `describeIssue` finds the nearest:
 * by then zod no longer says which schema refused.
 */
export function strictObject<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(',');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/** A whole number of at least `minimum` and at most `maximum`. */
export function wholeNumber(minimum: number, maximum: number) {
  return z.number().int().min(minimum).max(maximum);
}

/** Text that stays the same in JSON, SQL and a log line: well-formed Unicode without control characters. */
export function plainText(maximum: number) {
  return z
    .string()
    .min(1)
    .max(maximum)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'text without control characters');
}

/** What a database or table may be called: plain enough for every place in which it is written. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'letters, digits and _, beginning with a letter, at most 63 characters');

export const regionName = z.string().regex(/^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]$/, 'an AWS region such as us-east-1');

export const hostLabel = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

export const hostname = z
  .string()
  .max(253)
  .regex(new RegExp(`^${hostLabel}(\\.${hostLabel})+$`), 'a hostname in lower case, without scheme, port or path');

// No comma or blank: `Edge-Source` travels in a header, where the gateway joins duplicates with a comma.
const segment = '[A-Za-z0-9._~:@+-]+';
const sourceText = z.string().max(200);

/** A value of `Edge-Source`. */
export const sourceName = sourceText.regex(new RegExp(`^${segment}(/${segment})*$`), 'a source such as ew/12345/1.2.0');

/** A source, or every source below a prefix. */
export const sourcePattern = sourceText.regex(
  new RegExp(`^${segment}(/${segment})*(/\\*)?$`),
  'a source such as ew/12345/1.2.0, or a prefix that ends in /*',
);

/** A list without repeats. */
export function distinct<Item extends z.ZodType>(item: Item) {
  return z.array(item).refine((list) => new Set(list).size === list.length, 'each entry once');
}

/** Gives every entry of a record its own key as `name`. */
export function withName<Entry extends object>(
  record: Readonly<Record<string, Entry>>,
): Record<string, Entry & { name: string }> {
  return Object.fromEntries(Object.entries(record).map(([name, entry]) => [name, { ...entry, name }]));
}
