import { posix } from 'node:path';
import { type Module, SourceTextModule, SyntheticModule } from 'node:vm';
import { EdgeError } from './edge-errors.ts';
import type { EdgeRule, HandlerName } from './edge-options.ts';
import { currentCall, type HandlerCall } from './handler-call.ts';
import { type EdgeContext, makeContext } from './make-context.ts';

/** A bundle in one context, ready to serve. */
export interface LoadedBundle extends EdgeContext {
  readonly handlers: Readonly<Partial<Record<HandlerName, (...args: unknown[]) => unknown>>>;
}

/** In the order in which a request meets them. */
export const SERVED: readonly HandlerName[] = [
  'onClientRequest',
  'onOriginRequest',
  'onOriginResponse',
  'responseProvider',
  'onClientResponse',
];
/** Bot Manager is not here. */
const NOT_SERVED: readonly string[] = ['onBotSegmentAvailable'];
const MAIN = 'main.js';

type Refuse = (seen: string, cause?: unknown) => EdgeError;

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
  const refuse: Refuse = (seen, cause) =>
    new EdgeError({ code: 'BUNDLE_REFUSED', edgeWorkerId: rule.edgeWorkerId, version: rule.version, seen }, { cause });

  const main = link(rule, made, refuse);
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

/** Reads all modules of the bundle, and binds their imports to each other and to the platform's. */
function link(
  { mainJs, modules: ownTexts = {} }: EdgeRule,
  { context, modules: platform }: EdgeContext,
  refuse: Refuse,
): SourceTextModule {
  const texts = new Map([...Object.entries(ownTexts), [MAIN, mainJs]]);
  const own = new Map<string, SourceTextModule>();
  const given = new Map<string, SyntheticModule>();

  const load = (path: string, text: string): SourceTextModule => {
    const found = own.get(path);
    if (found !== undefined) return found;
    const module = attempt(() => new SourceTextModule(text, { context, identifier: path }), `${path}: `, refuse);
    own.set(path, module);
    const imported = module.moduleRequests.map(({ specifier }) => resolve(path, specifier));
    module.linkRequests(imported);
    return module;
  };
  const resolve = (from: string, specifier: string): Module => {
    const exported = platform.get(specifier);
    if (exported !== undefined) {
      const module = given.get(specifier) ?? platformModule(exported, context);
      given.set(specifier, module);
      return module;
    }
    const path = pathIn(texts, from, specifier);
    const text = path === undefined ? undefined : texts.get(path);
    if (path !== undefined && text !== undefined) return load(path, text);
    throw refuse(`${from} imports '${specifier}'. ${expected(specifier, platform, texts)}`);
  };

  const main = load(MAIN, mainJs);
  attempt(() => main.instantiate(), '', refuse);
  return main;
}

/** Akamai takes paths from the importing file as well as from the bundle's root. */
function pathIn(texts: ReadonlyMap<string, string>, from: string, specifier: string): string | undefined {
  const relative = posix.normalize(posix.join(posix.dirname(from), specifier));
  if (texts.has(relative)) return relative;
  const fromRoot = posix.normalize(specifier);
  return /^\.{1,2}\//.test(specifier) || !texts.has(fromRoot) ? undefined : fromRoot;
}

function expected(
  specifier: string,
  platform: ReadonlyMap<string, unknown>,
  texts: ReadonlyMap<string, string>,
): string {
  if (specifier === 'html-rewriter') return 'Akamai has that module; this edge does not.';
  if (
    !specifier.endsWith('.js') &&
    [...texts.keys()].some((path) => path.endsWith(`${posix.basename(specifier)}.js`))
  ) {
    return `Expected the name with its suffix: '${specifier}.js'`;
  }
  return `Expected a module of the platform (${[...platform.keys()].join(', ')}) or of the bundle (${[...texts.keys()].join(', ')})`;
}

function platformModule(exported: Readonly<Record<string, unknown>>, context: EdgeContext['context']): SyntheticModule {
  const names = Object.keys(exported);
  return new SyntheticModule(
    names,
    function () {
      for (const name of names) this.setExport(name, exported[name]);
    },
    { context },
  );
}

async function evaluate(main: SourceTextModule, wallMs: number, call: HandlerCall, refuse: Refuse): Promise<void> {
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

function attempt<R>(run: () => R, where: string, refuse: Refuse): R {
  try {
    return run();
  } catch (error) {
    throw refuse(`${where}${error}`, error);
  }
}
