/** Why the edge runtime did not start, or does not answer. */
export type EdgeFailure =
  | { readonly code: 'BUNDLE_REFUSED'; readonly edgeWorkerId: number; readonly version: string; readonly seen: string }
  | { readonly code: 'OPTION_INVALID'; readonly seen: string; readonly expected: string }
  | { readonly code: 'PORT_BUSY'; readonly port: number }
  | { readonly code: 'EDGE_START_FAILED'; readonly seen: string }
  | { readonly code: 'EDGE_GONE'; readonly seen: string };

/** The failure is plain data, for it crosses from the edge's process to the one that asked. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly failure: EdgeFailure;

  constructor(failure: EdgeFailure, options?: ErrorOptions) {
    super(describe(failure), options);
    this.failure = failure;
  }

  get code(): EdgeFailure['code'] {
    return this.failure.code;
  }
}

function describe(failure: EdgeFailure): string {
  switch (failure.code) {
    case 'BUNDLE_REFUSED':
      return (
        `the bundle of EdgeWorker ${failure.edgeWorkerId} version ${failure.version} did not load: ${failure.seen}. ` +
        'Expected what Akamai would load too. Next: correct its source and build it again.'
      );
    case 'OPTION_INVALID':
      return `the edge was given ${failure.seen}. Expected ${failure.expected}. Next: correct the option.`;
    case 'PORT_BUSY':
      return `port ${failure.port} of 127.0.0.1 is taken: stop what listens there, or leave the port out for any free one`;
    case 'EDGE_START_FAILED':
      return `the edge did not start: ${failure.seen}`;
    case 'EDGE_GONE':
      return `the edge does not answer: ${failure.seen}. Next: start it again.`;
    default:
      return failure satisfies never;
  }
}
