/** Where the stack goes: an AWS account, or the emulator of `npm run test:deploy`, which refuses a few resource types. */
export type Preset = 'aws' | 'emulator';

const PRESETS: readonly Preset[] = ['aws', 'emulator'];

/** `-c preset=…` names no preset that exists. */
export class PresetUnknownError extends Error {
  override readonly name = 'PresetUnknownError';
  readonly code = 'PRESET_UNKNOWN';
  constructor(seen: unknown) {
    super(`The context value preset is ${JSON.stringify(seen)}. Expected aws or emulator. Next: leave it out for AWS.`);
  }
}

/** Reads the context value `preset`. @param value what `-c preset=…` gave; aws where nothing did @throws PresetUnknownError */
export function readPreset(value: unknown): Preset {
  const preset = PRESETS.find((known) => known === (value ?? 'aws'));
  if (preset === undefined) throw new PresetUnknownError(value);
  return preset;
}
