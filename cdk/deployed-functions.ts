export const FUNCTION_NAMES = ['authorizer', 'ingest', 'replay', 'issuer', 'rotation', 'password-rotation'] as const;

/** Every function that is deployed. */
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** The file that exports the `handler` of each, from the root. */
export const FUNCTION_ENTRIES: Readonly<Record<FunctionName, string>> = {
  authorizer: 'functions/authorizer/handler.ts',
  ingest: 'functions/ingest/handler.ts',
  replay: 'functions/replay/handler.ts',
  issuer: 'functions/issuer/handler.ts',
  rotation: 'functions/rotation/handler.ts',
  'password-rotation': 'functions/rotation/database-handler.ts',
};
