import { format } from 'node:util';

export interface CapturedOutput {
  /** All that this process has written since. */
  readonly lines: readonly string[];
  restore(): void;
}

const CONSOLE = ['debug', 'error', 'info', 'log', 'warn'] as const;

/** Keeps what this process writes to its output, its errors and its console, and lets it through. */
export function captureOutput(): CapturedOutput {
  const lines: string[] = [];
  const undo: (() => void)[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      lines.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      return Reflect.apply(write, stream, [chunk, ...rest]);
    };
    undo.push(() => {
      stream.write = write;
    });
  }
  for (const level of CONSOLE) {
    const say = console[level];
    console[level] = (...parts: readonly unknown[]) => {
      lines.push(format(...parts));
      say(...parts);
    };
    undo.push(() => {
      console[level] = say;
    });
  }
  return {
    lines,
    restore: () => {
      for (const back of undo.splice(0)) back();
    },
  };
}
