import type { ConfigInput } from './schema.ts';

/** Gives an editor the types of `edgehouse.config.ts`. It checks nothing itself: `parseConfig` does. */
export function defineConfig(input: ConfigInput): ConfigInput {
  return input;
}
