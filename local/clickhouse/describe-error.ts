import { FrontError } from './front-error.ts';

/** A failed request as a ClickHouse server words it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: number;
  /** `Code: N. DB::Exception: … (TYPE) (version …)`, with a final line break. */
  readonly text: string;
}

// ClickHouse src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; numbers by the engine's errorCodeToName().
const BAD_REQUEST = [
  ...[6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117],
  ...[123, 167, 168, 223, 321, 376, 427, 441, 675, 676],
];
const NOT_FOUND = [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511];
const STATUS: ReadonlyMap<number, number> = new Map([
  ...BAD_REQUEST.map((code) => [code, 400] as const),
  ...NOT_FOUND.map((code) => [code, 404] as const),
  [194, 401],
  ...[192, 193, 497, 512, 516].map((code) => [code, 403] as const),
  [159, 408],
  [381, 411],
  [229, 413],
  [779, 415],
  [48, 501],
  ...[76, 209, 439].map((code) => [code, 503] as const),
]);

// What a server says where it has no better code.
const UNKNOWN_EXCEPTION = { code: 1002, type: 'UNKNOWN_EXCEPTION' };

/**
 * Words an error of the engine or of the front as a server does, and strips the path of the file in which the request's body waited.
 *
 * @param version of the engine
 * @param bodyPath the file of the body, where there was one
 */
export function describeError(error: unknown, version: string, bodyPath?: string): ErrorAnswer {
  const { code, text } = error instanceof FrontError ? ownError(error) : engineError(error);
  return {
    code,
    status: STATUS.get(code) ?? 500,
    text: `${bodyPath === undefined ? text : withoutPath(text, bodyPath)} (version ${version})\n`,
  };
}

function ownError({ code, type, message }: { code: number; type: string; message: string }) {
  return { code, text: `Code: ${code}. DB::Exception: ${message} (${type})` };
}

function engineError(error: unknown): { readonly code: number; readonly text: string } {
  const message = error instanceof Error ? error.message : String(error);
  const text = message
    .replace(/^Query failed: /, '')
    // An exception that passed through a second layer carries its frame twice.
    .replace(/^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. DB::Exception: )/, '')
    .replace(/(?: \([A-Z_]+\) \(version [\d.]+\)\.?)+(?= \([A-Z_]+\)\s*$)/, '')
    .trimEnd();
  const code = /^Code: (\d+)\./.exec(text)?.[1];
  return code === undefined ? ownError({ ...UNKNOWN_EXCEPTION, message: text }) : { code: Number(code), text };
}

function withoutPath(text: string, path: string): string {
  return text.replaceAll(`: (in file/uri ${path})`, '').replaceAll(path, 'the request body');
}
