import type { Config } from 'jest';
import config from './jest.config.ts';

/** What `npm run test:deploy` runs, one file after the other. */
const deployConfig: Config = {
  ...config,
  testMatch: ['<rootDir>/test/deploy/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};

export default deployConfig;
