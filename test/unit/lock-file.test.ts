import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

test('npm ci accepts the lock file on every platform: each optional package has its entry', () => {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const paths = Object.keys(lock.packages);
  const wanted = Object.values<{ optionalDependencies?: object }>(lock.packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}),
  );

  const missing = wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));

  // Run `node .ci/complete-lock-file.mjs` after `npm install`.
  expect(missing).toEqual([]);
  expect(wanted.length).toBeGreaterThan(50);
});
