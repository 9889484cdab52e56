import type { HandlerName } from './edge-options.ts';
import type { HeaderList } from './header-list.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a request asks to be told about its EdgeWorker (techdocs: EdgeWorkers, standard and enhanced debug headers). */
export interface AskedTrace {
  readonly handlers: ReadonlySet<HandlerName>;
  readonly subRequests: boolean;
  /** An `Akamai-EW-Trace` came with it. Akamai takes a token of the account that names the host; here any text is one. */
  readonly enhanced: boolean;
  /** Log lines of this level and above. */
  readonly logLevel: LogLevel;
}

const INLINE: readonly HandlerName[] = ['onClientRequest', 'onOriginRequest', 'onOriginResponse', 'onClientResponse'];
const PRAGMAS: Readonly<Record<string, readonly HandlerName[]>> = {
  'akamai-x-ew-debug': INLINE,
  'akamai-x-ew-debug-rp': ['responseProvider'],
  'akamai-x-ew-debug-subs': [],
  ...Object.fromEntries(INLINE.map((handler) => [`akamai-x-ew-${handler.toLowerCase()}`, [handler]])),
};

/**
 * Reads it from a visitor's request, and takes the token out of what goes on to handlers and site: Akamai removes it too where a request
 * leaves its network.
 *
 * @returns undefined where nothing is asked for
 */
export function readAskedTrace(headers: HeaderList): AskedTrace | undefined {
  const asked = (headers.get('pragma') ?? [])
    .flatMap((line) => line.split(','))
    .map((pragma) => pragma.trim().toLowerCase())
    .filter((pragma) => Object.hasOwn(PRAGMAS, pragma));
  const enhanced = headers.get('akamai-ew-trace') !== undefined;
  headers.remove('akamai-ew-trace');
  if (asked.length === 0) return undefined;
  const level = headers.get('akamai-x-ew-log-level')?.[0]?.trim().toLowerCase();
  return {
    handlers: new Set(asked.flatMap((pragma) => PRAGMAS[pragma] ?? [])),
    subRequests: asked.includes('akamai-x-ew-debug-subs'),
    enhanced,
    logLevel: LOG_LEVELS.find((known) => known === level) ?? 'trace',
  };
}
