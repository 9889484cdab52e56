// Loaded by `node --import` into every function that the emulator runs, before the function's own code.
// RFC 6761 §6.3 makes `*.localhost` loopback; curl knows that, Node asks the system's resolver, which here answers
// ENOTFOUND. With this a deployed function reaches another API of the emulator by the very URL that `apiEndpoint` gives.
import dns from 'node:dns';

const LOOPBACK = '127.0.0.1';
const systemLookup = dns.lookup;

function lookup(hostname: string, ...rest: readonly unknown[]): unknown {
  const target = hostname.endsWith('.localhost') ? LOOPBACK : hostname;
  return Reflect.apply(systemLookup, dns, [target, ...rest]);
}

Object.defineProperty(dns, 'lookup', { value: lookup });
