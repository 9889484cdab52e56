/**
 * Takes away what EdgeWorkers do not have, and freezes the clock.
 *
 * @param now milliseconds since the epoch: the start of the handler call that runs
 */
export function takeGlobals(now: () => number): void {
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'console'])
    Reflect.deleteProperty(globalThis, name);
  const Moving = Date;
  const Frozen = new Proxy(Moving, {
    apply: () => new Moving(now()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  });
  Object.defineProperty(Moving, 'now', { value: () => now(), writable: true, configurable: true });
  Object.defineProperty(Moving.prototype, 'constructor', { value: Frozen, writable: true, configurable: true });
  Object.defineProperty(globalThis, 'Date', { value: Frozen, writable: true, configurable: true });
}
