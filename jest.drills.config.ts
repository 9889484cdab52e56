import type { Config } from 'jest';
import config from './jest.config.ts';

/** Hours of simulated time, and writers at a pace: one file after the other. */
const drillsConfig: Config = {
  ...config,
  testMatch: ['<rootDir>/test/faults/*-drill.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};

export default drillsConfig;
