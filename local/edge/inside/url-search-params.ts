import type { Inside } from './inside.ts';

export interface HostParams {
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  toString(): string;
  forEach(visit: (value: string, name: string) => void): void;
}

/** Module `url-search-params`: its default export. */
export function insideUrlSearchParams(make: (text: string) => HostParams, { guard }: Inside) {
  return class URLSearchParams {
    readonly #params: HostParams;
    constructor(init: unknown = '') {
      this.#params = guard(() => make(String(init)));
    }
    append(name: unknown, value: unknown): void {
      this.#params.append(String(name), String(value));
    }
    delete(name: unknown): void {
      this.#params.delete(String(name));
    }
    get(name: unknown): string | null {
      return this.#params.get(String(name));
    }
    getAll(name: unknown): string[] {
      return Array.from(this.#params.getAll(String(name)));
    }
    has(name: unknown): boolean {
      return this.#params.has(String(name));
    }
    set(name: unknown, value: unknown): void {
      this.#params.set(String(name), String(value));
    }
    toString(): string {
      return this.#params.toString();
    }
    #pairs(): [string, string][] {
      const pairs: [string, string][] = [];
      this.#params.forEach((value, name) => {
        pairs.push([name, value]);
      });
      return pairs;
    }
    entries(): IterableIterator<[string, string]> {
      return this.#pairs().values();
    }
    keys(): IterableIterator<string> {
      return this.#pairs()
        .map(([name]) => name)
        .values();
    }
    values(): IterableIterator<string> {
      return this.#pairs()
        .map(([, value]) => value)
        .values();
    }
    [Symbol.iterator](): IterableIterator<[string, string]> {
      return this.entries();
    }
  };
}
