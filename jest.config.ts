import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // `npm run test:deploy` needs Python and minutes; drills and browsers keep a pace, so that nothing runs beside them.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/deploy/',
    '<rootDir>/test/browser/',
    '-drill\\.test\\.ts$',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  // Two cores; each integration file holds an engine process of about half a gigabyte.
  maxWorkers: 2,
  // Modules of a file outlive it (Node keeps those of a `vm` context): after a dozen files that load aws-cdk-lib a worker was at 3.6 GB, and died.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
};

export default config;
