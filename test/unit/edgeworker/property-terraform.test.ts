import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import userConfig from '../../../edgehouse.config.ts';
import { FILLED, FOLDER, readPropertyFile } from './property-files.ts';

const MAIN = readPropertyFile('main.tf');
const VARIABLES = readPropertyFile('variables.tf');

describe('the Terraform example', () => {
  test('fills what the rules leave open, and nothing else', () => {
    for (const [name, values] of Object.entries(FILLED)) {
      const block = new RegExp(`data "akamai_property_rules_template" "${name}" \\{\\n([\\s\\S]*?)\\n\\}`).exec(
        MAIN,
      )?.[1];
      const filled = [...(block ?? '').matchAll(/name {2}= "(\w+)"\n {4}type {2}= "(\w+)"/g)];

      expect(block).toContain(`property-snippets/${name}.json`);
      expect(filled.map(([, key, type]) => [key, type])).toEqual(
        Object.entries(values).map(([key, value]) => [key, typeof value]),
      );
    }
    expect(readdirSync(`${FOLDER}property-snippets`).toSorted()).toEqual([
      'api.json',
      'client-certificate.json',
      'site.json',
    ]);
  });

  test('uses every variable that it declares, and declares every one that it uses', () => {
    const declared = [...VARIABLES.matchAll(/^variable "(\w+)" \{$/gm)].map(([, name]) => name);
    const used = new Set([...MAIN.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));

    expect([...used].toSorted()).toEqual(declared.toSorted());
  });

  test('refers only to what it has, of kinds that the provider has', () => {
    const blocks = [...MAIN.matchAll(/^(resource|data) "(\w+)" "(\w+)" \{$/gm)].map(([, kind, type, name]) =>
      kind === 'data' ? `data.${type}.${name}` : `${type}.${name}`,
    );
    const referred = [...MAIN.matchAll(/(?<!["\w])(?:data\.)?akamai_\w+\.\w+/g)].map(([name]) => name);

    expect(blocks.toSorted()).toEqual([
      'akamai_edgekv.credentials',
      'akamai_edgeworker.edgehouse',
      'akamai_edgeworkers_activation.production',
      'akamai_edgeworkers_activation.staging',
      'akamai_property.api',
      'akamai_property_activation.production',
      'akamai_property_activation.staging',
      'data.akamai_property_rules_template.api',
      'data.akamai_property_rules_template.site',
    ]);
    expect(referred.filter((name) => !blocks.includes(name))).toEqual([]);
  });

  test('has the names of edgehouse.config.ts, and holds no credential', () => {
    const { edge } = userConfig;
    const preset = (name: string) =>
      new RegExp(`variable "${name}" \\{[^}]*default {5}= "([^"]*)"`).exec(VARIABLES)?.[1];

    expect(preset('api_host')).toBe(edge?.apiHost);
    expect(preset('edgekv_namespace')).toBe(edge?.namespace);
    expect(MAIN + VARIABLES).not.toMatch(/client_secret|access_token|client_token/);
  });

  // `terraform fmt`: two blanks a level, and the equals signs of lines that follow each other below each other.
  test.each([
    ['main.tf', MAIN],
    ['variables.tf', VARIABLES],
  ])('is formatted: %s', (_file, text) => {
    let depth = 0;
    const lines = text.split('\n');
    lines.forEach((line, at) => {
      const closes = /^\s*[})\]]/.test(line);
      if (closes) depth -= 1;
      const indent = line === '' ? '' : ' '.repeat(2 * depth);
      expect(`${at + 1}: ${/^\s*/.exec(line)?.[0]}`).toBe(`${at + 1}: ${indent}`);
      const before = lines[at - 1] ?? '';
      const [mine, theirs] = [line, before].map((one) => /^\s+\w+ *(?==)/.exec(one)?.[0].length);
      const opens = /[{([]$/.test(line) && !line.startsWith('#');
      if (mine !== undefined && theirs !== undefined && !opens && !/[{([]$/.test(before))
        expect(`${at + 1}: ${mine}`).toBe(`${at + 1}: ${theirs}`);
      if (opens) depth += 1;
    });
    expect(depth).toBe(0);
    expect(text).toMatch(/[^\n]\n$/);
  });
});
