import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

export const FOLDER = fileURLToPath(new URL('../../../edgeworker/property/', import.meta.url));

/** What the example fills in, by snippet. */
export const FILLED = {
  api: { api_origin: 'api.example.com', cp_code: 123456 },
  site: { collector_id: '12346', request_events_id: '12345' },
};

/** A file of the folder. */
export function readPropertyFile(file: string): string {
  return readFileSync(`${FOLDER}${file}`, 'utf8');
}

/** A snippet as the provider's template fills it: the quotes go with the placeholder, so that a number is one. */
export function fillSnippet(name: string, values: Readonly<Record<string, string | number>>): unknown {
  const text = readPropertyFile(`property-snippets/${name}.json`).replace(
    /"\$\{env\.(\w+)\}"/g,
    (placeholder, key: string) => (key in values ? JSON.stringify(values[key]) : placeholder),
  );
  expect(text).not.toContain('${');
  return JSON.parse(text);
}
