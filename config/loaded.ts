import userConfig from '../edgehouse.config.ts';
import { loadConfig } from './load-config.ts';

/** The parsed `edgehouse.config.ts`, as `#config`. A bundle gets the same object as ready JSON, so that no zod runs in Lambda. */
export const config = loadConfig(userConfig);
