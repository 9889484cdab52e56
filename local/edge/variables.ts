import { VARIABLE_CHARS } from './tier-limits.ts';

/** PM variables of one visitor's request: set by the property, read and written by the handlers. */
export class Variables {
  readonly #values: Map<string, string>;
  readonly #written = new Set<string>();

  constructor(values: Iterable<readonly [string, string]>) {
    this.#values = new Map(values);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws TypeError for a name that is not `PMUSER_…`, RangeError when all that was written is over 1024 characters */
  set(name: string, value: string): void {
    if (!/^PMUSER_[A-Z0-9_]+$/.test(name)) {
      throw new TypeError(`variable ${name}: expected PMUSER_ and capitals, digits or underscores`);
    }
    let chars = value.length;
    for (const other of this.#written) if (other !== name) chars += this.get(other)?.length ?? 0;
    if (chars > VARIABLE_CHARS) {
      throw new RangeError(
        `variable ${name}: ${chars} characters in all variables, expected at most ${VARIABLE_CHARS}`,
      );
    }
    this.#values.set(name, value);
    this.#written.add(name);
  }
}
