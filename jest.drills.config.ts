import type { Config } from 'jest';
import config from './jest.config.ts';

/** Hours of simulated time, writers at a pace, a real browser, and what has a limit of time: one file after the other. */
const drillsConfig: Config = {
  ...config,
  testMatch: ['<rootDir>/test/{cdk,faults}/*-drill.test.ts', '<rootDir>/test/browser/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};

export default drillsConfig;
