import { validateHeaderName, validateHeaderValue } from 'node:http';

/** These belong to one connection, not to the message (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers as a bundle gives them. */
export type HeaderLines = readonly (readonly [name: string, values: readonly string[]])[];

/** Header lines in order and case as they came: what nobody changes goes out as it came in. */
export class HeaderList {
  #lines: (readonly [name: string, value: string])[];

  /** @param raw name, value, name, value … (Node's `rawHeaders`) */
  constructor(raw: readonly string[]) {
    this.#lines = [];
    for (let index = 0; index + 1 < raw.length; index += 2) this.#lines.push([raw[index] ?? '', raw[index + 1] ?? '']);
  }

  /** @throws TypeError for what HTTP does not allow in a name or value */
  static of(lines: HeaderLines): HeaderList {
    const headers = new HeaderList([]);
    for (const [name, values] of lines) headers.add(name, values);
    return headers;
  }

  /** Values by name in any case; undefined for a header that is not there. */
  get(name: string): readonly string[] | undefined {
    const values = this.#lines.filter(([line]) => sameName(line, name)).map(([, value]) => value);
    return values.length === 0 ? undefined : values;
  }

  /** By lower-case name, as EdgeWorkers see them. */
  all(): Readonly<Record<string, readonly string[]>> {
    const byName = new Map<string, string[]>();
    for (const [name, value] of this.#lines) {
      const key = name.toLowerCase();
      const values = byName.get(key);
      if (values === undefined) byName.set(key, [value]);
      else values.push(value);
    }
    return Object.fromEntries(byName);
  }

  /** @throws TypeError for what HTTP does not allow in a name or value */
  set(name: string, values: readonly string[]): void {
    const lines = values.map((value) => checked(name, value));
    this.remove(name);
    this.#lines.push(...lines);
  }

  /** @throws TypeError for what HTTP does not allow in a name or value */
  add(name: string, values: readonly string[]): void {
    this.#lines.push(...values.map((value) => checked(name, value)));
  }

  remove(name: string): void {
    this.#lines = this.#lines.filter(([line]) => !sameName(line, name));
  }

  /** Takes away what concerns the connection only, and the headers that `Connection` names. */
  removeHopByHop(): void {
    const named = (this.get('connection') ?? []).flatMap((value) =>
      value.split(',').map((name) => name.trim().toLowerCase()),
    );
    const dropped = new Set([...HOP_BY_HOP, ...named]);
    this.#lines = this.#lines.filter(([name]) => !dropped.has(name.toLowerCase()));
  }

  /** Name, value, name, value …, as Node's `writeHead` and `request` take them. */
  raw(): string[] {
    return this.#lines.flat();
  }

  /** Bytes of the lines on the wire. */
  bytes(): number {
    return this.#lines.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  }
}

function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

function checked(name: string, value: string): readonly [string, string] {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return [name, value];
}
