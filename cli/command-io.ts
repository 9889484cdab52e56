import type { SendPorts } from './send-batch.ts';

/** What a command may touch. The entry passes the process; a test passes its own. */
export interface CommandIo extends SendPorts {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** One line to standard output. */
  readonly out: (line: string) => void;
  /** One line to standard error. */
  readonly err: (line: string) => void;
  /** From this call on, Ctrl-C aborts the signal and no longer ends the process; a second one does. */
  readonly interrupted: () => AbortSignal;
  readonly randomBytes: (count: number) => Uint8Array;
}
