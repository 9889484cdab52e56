import { isUtf8 } from 'node:buffer';

export type JsonObject = Readonly<Record<string, unknown>>;

export type ParsedObject =
  | { readonly kind: 'object'; readonly object: JsonObject }
  /** What is wrong, in words that hold nothing of the text. */
  | { readonly kind: 'fault'; readonly fault: string };

/**
 * Parses a JSON object that somebody else wrote and that any reader must read alike: UTF-8 (RFC 8725 §3.7), no member twice at any
 * depth (RFC 8725 §2.4 warns of readers that disagree), none called `__proto__`.
 */
export function parseJsonObject(bytes: Buffer): ParsedObject {
  if (!isUtf8(bytes)) return fault('not UTF-8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fault('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault('no JSON object');
  const members = countParsed(value);
  if (members === undefined) return fault('an object with a member __proto__');
  if (members !== countWritten(text)) return fault('an object that names a member twice');
  return { kind: 'object', object: { ...value } };
}

function fault(text: string): ParsedObject {
  return { kind: 'fault', fault: text };
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/**
 * Members in the text, which is known to be JSON: each has one colon outside strings, and so has one that another overwrites. By
 * hand, because this is on the way of every request and a pattern takes five times as long.
 */
function countWritten(json: string): number {
  let members = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString && code === BACKSLASH) at++;
    else if (!inString && code === COLON) members++;
  }
  return members;
}

/**
 * Members of every object at any depth; undefined where one is called `__proto__`. A list of what is left to do and no recursion: the
 * depth is the writer's choice.
 */
function countParsed(root: object): number | undefined {
  let members = 0;
  const left: unknown[] = [root];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return undefined;
    const children: readonly unknown[] = Object.values(value);
    if (!Array.isArray(value)) members += children.length;
    for (const child of children) left.push(child);
  }
  return members;
}
