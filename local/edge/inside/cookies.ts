/**
 * Module `cookies`. Akamai documents that names and values are encoded and decoded by default, and not how: here as in a URI component,
 * which leaves what cannot be decoded as it is.
 */
export function insideCookies() {
  const decoded = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  class Cookies {
    readonly #pairs: [name: string, value: string][] = [];
    constructor(header?: unknown, options: Readonly<Record<string, unknown>> = {}) {
      const text = Array.isArray(header) ? header[0] : header;
      const custom = Object(options)['decode'];
      if (text === undefined || text === null) return;
      for (const part of String(text).split(';')) {
        const mark = part.indexOf('=');
        if (mark < 0) continue;
        const value = part
          .slice(mark + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1');
        this.#pairs.push([
          part.slice(0, mark).trim(),
          typeof custom === 'function' ? String(custom(value)) : decoded(value),
        ]);
      }
    }
    toHeader(): string {
      return this.#pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ');
    }
    get(name: unknown): string | undefined {
      return this.getAll(name)[0];
    }
    getAll(name: unknown): string[] {
      return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value);
    }
    names(): string[] {
      return Array.from(new Set(this.#pairs.map(([name]) => name)));
    }
    add(name: unknown, value: unknown): void {
      this.#pairs.push([String(name), String(value)]);
    }
    delete(name: unknown): void {
      for (let index = this.#pairs.length - 1; index >= 0; index--) {
        if (this.#pairs[index]?.[0] === String(name)) this.#pairs.splice(index, 1);
      }
    }
  }
  class SetCookie {
    name: unknown;
    value: unknown;
    maxAge: unknown;
    domain: unknown;
    path: unknown;
    expires: unknown;
    httpOnly: unknown;
    secure: unknown;
    sameSite: unknown;
    constructor(options: Readonly<Record<string, unknown>> = {}) {
      Object.assign(this, options);
    }
    toHeader(): string {
      if (!this.name) throw new TypeError('SetCookie: expected a name');
      const { maxAge, domain, path, expires, httpOnly, secure, sameSite } = this;
      const parts = [`${String(this.name)}=${encodeURIComponent(String(this.value ?? ''))}`];
      if (maxAge !== undefined) parts.push(`Max-Age=${String(maxAge)}`);
      if (domain !== undefined) parts.push(`Domain=${String(domain)}`);
      if (path !== undefined) parts.push(`Path=${String(path)}`);
      if (expires !== undefined) parts.push(`Expires=${String(Object(expires).toUTCString())}`);
      if (httpOnly) parts.push('HttpOnly');
      if (secure) parts.push('Secure');
      if (sameSite) parts.push(`SameSite=${sameSite === true ? 'Strict' : String(sameSite)}`);
      return parts.join('; ');
    }
  }
  return { Cookies, SetCookie };
}
