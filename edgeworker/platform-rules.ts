/** Built-in modules of Akamai's runtime (techdocs, EdgeWorkers JavaScript API): all that a bundle may import. */
export const PLATFORM_MODULES: readonly string[] = [
  'cookies',
  'create-response',
  'crypto',
  'encoding',
  'html-rewriter',
  'http-request',
  'log',
  'streams',
  'text-encode-transform',
  'url-search-params',
];

/** What the runtime does not have or has removed, and the ways around a check for it. */
export const ABSENT_GLOBALS: readonly string[] = [
  'Atomics',
  'Buffer',
  'Function',
  'SharedArrayBuffer',
  'WebAssembly',
  'XMLHttpRequest',
  'clearInterval',
  'clearTimeout',
  'eval',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'self',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
];

/** Techdocs, EdgeWorkers limitations. */
export const MOST_COMPRESSED_BYTES = 512 * 1_024;
export const MOST_UNPACKED_BYTES = 1_024 * 1_024;
/** Of `main.js`, minified. Not Akamai's rule but ours, for what is small starts fast. */
export const MOST_MAIN_BYTES = 24_000;
export const VERSION_SHAPE = /^[A-Za-z0-9_.~-]{1,32}$/;
