import { UsageError } from './usage.ts';

/**
 * Parses the URL of an option. A message names the option and never the value: a URL may hold a password.
 *
 * @throws UsageError
 */
export function parseUrl(option: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UsageError(`${option}: expected a URL that begins with https://`);
  }
  return url;
}

/**
 * Parses a URL that a secret goes over: in clear text only within this machine.
 *
 * @throws UsageError
 */
export function protectedUrl(option: string, text: string): URL {
  const url = parseUrl(option, text);
  const loopback = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) throw new UsageError(`${option}: expected https:// to another machine`);
  return url;
}

/** The same, where the secret is a token: the URL holds neither user nor password. @throws UsageError */
export function secureUrl(option: string, text: string): URL {
  const url = protectedUrl(option, text);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${option}: expected a URL without user or password`);
  return url;
}
