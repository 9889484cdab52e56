import type { ParsedOptions } from './parse-options.ts';

/** Which stack a command is about. */
export type StackPlace =
  /** The folder that `npm start -- --data DIR` keeps. */
  | { readonly kind: 'folder'; readonly dataDir: string }
  /** What is deployed in the regions of the configuration. */
  | { readonly kind: 'aws' };

/** `--data DIR`, or AWS where it is not given. */
export function stackPlace({ values }: Pick<ParsedOptions, 'values'>): StackPlace {
  const dataDir = values.get('data');
  return dataDir === undefined ? { kind: 'aws' } : { kind: 'folder', dataDir };
}
