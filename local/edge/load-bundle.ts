import { type Module, SourceTextModule, SyntheticModule } from 'node:vm';
import { EdgeError } from './edge-errors.ts';
import type { EdgeRule, HandlerName } from './edge-options.ts';
import { currentCall, type HandlerCall } from './handler-call.ts';
import { type EdgeContext, makeContext } from './make-context.ts';

/** A bundle in one context, ready to serve. */
export interface LoadedBundle extends EdgeContext {
  readonly handlers: Readonly<Partial<Record<HandlerName, (...args: unknown[]) => unknown>>>;
}

const SERVED: readonly HandlerName[] = ['onClientRequest', 'responseProvider', 'onClientResponse'];
const NOT_SERVED: readonly string[] = ['onOriginRequest', 'onOriginResponse', 'onBotSegmentAvailable'];

/**
 * Makes a context and runs the bundle's module-level code in it.
 *
 * @param wallMs limit of the tier for that code
 * @param beginCall the call that this code runs as: one without sub-requests
 * @throws EdgeError `BUNDLE_REFUSED`
 */
export async function loadBundle(
  rule: EdgeRule,
  wallMs: number,
  beginCall: (context: EdgeContext) => HandlerCall,
): Promise<LoadedBundle> {
  const made = makeContext();
  const { context, modules } = made;
  const refuse = (seen: string, cause?: unknown): EdgeError =>
    new EdgeError({ code: 'BUNDLE_REFUSED', edgeWorkerId: rule.edgeWorkerId, version: rule.version, seen }, { cause });

  const main = attempt(() => new SourceTextModule(rule.mainJs, { context, identifier: 'main.js' }), refuse);
  const imported = main.moduleRequests.map(({ specifier }): Module => {
    const exported = modules.get(specifier);
    if (exported === undefined) {
      throw refuse(`main.js imports '${specifier}', expected one of ${[...modules.keys()].join(', ')}`);
    }
    const names = Object.keys(exported);
    return new SyntheticModule(
      names,
      function () {
        for (const name of names) this.setExport(name, exported[name]);
      },
      { context },
    );
  });
  attempt(() => {
    main.linkRequests(imported);
    main.instantiate();
  }, refuse);
  await evaluate(main, wallMs, beginCall(made), refuse);

  const exported = new Map<string, unknown>(Object.entries(main.namespace));
  const unserved = NOT_SERVED.filter((name) => exported.has(name));
  if (unserved.length > 0) throw refuse(`it exports ${unserved.join(', ')}, which this edge does not run`);
  const handlers: Partial<Record<HandlerName, (...args: unknown[]) => unknown>> = {};
  for (const name of SERVED) {
    const handler = exported.get(name);
    if (typeof handler === 'function') handlers[name] = (...args) => Reflect.apply(handler, undefined, args);
  }
  if (Object.keys(handlers).length === 0) throw refuse(`it exports no event handler, expected ${SERVED.join(', ')}`);
  return { ...made, handlers };
}

async function evaluate(
  main: SourceTextModule,
  wallMs: number,
  call: HandlerCall,
  refuse: (seen: string, cause?: unknown) => EdgeError,
): Promise<void> {
  const tooLong = (): EdgeError => refuse(`InitWallTimeoutError: module-level code ran longer than ${wallMs} ms`);
  const ran = Promise.withResolvers<void>();
  const timer = setTimeout(() => ran.reject(tooLong()), wallMs);
  call.cut.then(() => ran.reject(tooLong()));
  call.enter(() =>
    currentCall.run(call, () => {
      main.evaluate().then(
        () => ran.resolve(),
        (error) => ran.reject(refuse(`ExecutionError: ${error}`)),
      );
    }),
  );
  try {
    await ran.promise;
  } finally {
    clearTimeout(timer);
    call.close();
  }
}

function attempt<R>(run: () => R, refuse: (seen: string, cause?: unknown) => EdgeError): R {
  try {
    return run();
  } catch (error) {
    throw refuse(String(error), error);
  }
}
