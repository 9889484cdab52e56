import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { findSecrets } from '../../faults/support/find-secrets.ts';

/** Text that is nowhere else in the world: where it is found, what it stood for has leaked. */
export function makeCanary(): string {
  return `Canary${randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
}

export interface Heard {
  /** Whatever was written to standard output and error, which CloudWatch reads both, line by line. */
  readonly lines: readonly string[];
  /** What was thrown out of the function, as Lambda and as a careless `console.error` would write it. */
  readonly thrown: readonly string[];
}

/** Listens to functions at work. What they throw is heard and goes no further. */
export async function listen(...acts: readonly (() => Promise<unknown>)[]): Promise<Heard> {
  let written = '';
  const thrown: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    }),
  );
  try {
    for (const act of acts) await act().catch((error: unknown) => thrown.push(lambdaErrorLine(error)));
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  return { lines: written.split('\n').filter((line) => line !== ''), thrown };
}

/** Lambda's runtime writes an error's name, message, stack and own members, and those of every error among them, but no `cause`. */
function lambdaErrorLine(error: unknown): string {
  return JSON.stringify(error, (_name, value: unknown) =>
    value instanceof Error
      ? { errorType: value.name, errorMessage: value.message, stack: value.stack, ...value }
      : value,
  );
}

/** A line that is longer holds more than what is bounded: a token of 8 KB and a head of 10 KB, each escaped. */
const MOST_LINE = 20_000;

/** @returns what is wrong with what was heard, in words */
export function faultsOf(
  { lines, thrown }: Heard,
  secrets: ReadonlyMap<string, string | Uint8Array>,
): readonly string[] {
  const leaked = new Set(findSecrets([...lines, ...thrown].join('\n'), secrets));
  // All at once first: line by line is only for who is found.
  const found = new Map([...secrets].filter(([name]) => leaked.has(name)));
  return [
    ...lines.filter((line) => !isJsonObject(line)).map((line) => `not one JSON object: ${startOf(line)}`),
    ...lines.filter((line) => Buffer.byteLength(line) > MOST_LINE).map((line) => `a line of ${line.length} characters`),
    ...lines.flatMap((line) => findSecrets(line, found).map((name) => `${name} in ${startOf(line)}`)),
    ...thrown.flatMap((line) => findSecrets(line, found).map((name) => `${name} in what was thrown: ${startOf(line)}`)),
  ];
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function startOf(line: string): string {
  return line.slice(0, 300);
}

/** Each code, message or outcome that the lines tell of: so that a test can see which ways it has gone. */
export function toldBy({ lines }: Heard): ReadonlySet<string> {
  return new Set(
    lines.flatMap((line) => {
      const { audit, decision, outcome, code, message }: Readonly<Record<string, unknown>> = JSON.parse(line);
      return [
        ...(audit === undefined ? [] : [`${String(audit)} ${String(decision ?? outcome)}`]),
        ...[outcome, code, message].filter((word) => typeof word === 'string'),
      ];
    }),
  );
}
