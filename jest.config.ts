import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // `npm run test:deploy`: it needs Python and minutes.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/deploy/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  // Two cores; each integration file holds an engine process of about half a gigabyte.
  maxWorkers: 2,
  testTimeout: 30_000,
};

export default config;
