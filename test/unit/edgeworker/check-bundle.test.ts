import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Bundle, buildBundle } from '../../../edgeworker/build-bundle.ts';
import { checkBundle } from '../../../edgeworker/check-bundle.ts';
import { SETTINGS } from './fake-edge.ts';

const HANDLERS = ['responseProvider'];
const SMALLEST = 'export function responseProvider(){}';

let ours: Bundle;
beforeAll(async () => {
  ours = await buildBundle({ handler: 'collector', settings: SETTINGS, version: '1.0.0', description: 'a test' });
});

describe('a bundle', () => {
  test('of ours has no problems', () => {
    const problems = checkBundle(HANDLERS, ours);

    expect(problems).toEqual([]);
  });

  test('that answers pages is no collector: each handler has a bundle of its own', () => {
    const problems = checkBundle(['onClientResponse'], ours);

    expect(problems).toEqual([expect.stringMatching(/exports responseProvider; expected onClientResponse/)]);
  });

  test('that is too large is refused, packed or unpacked', () => {
    const packed = checkBundle(HANDLERS, { ...ours, tgz: randomBytes(512 * 1_024 + 1) });
    const unpacked = checkBundle(HANDLERS, { ...ours, mainJs: `${ours.mainJs}//${'x'.repeat(1_024 * 1_024)}` });
    const main = checkBundle(HANDLERS, { ...ours, mainJs: ours.mainJs.padEnd(24_001) });

    expect([packed, unpacked, main]).toEqual([
      [expect.stringMatching(/packed bundle has 524289 bytes/)],
      [expect.stringMatching(/main\.js has \d+ bytes/), expect.stringMatching(/unpacked bundle has \d+ bytes/)],
      ['main.js has 24001 bytes; at most 24000 are taken.'],
    ]);
  });

  test.each([
    ['a version of 33 characters', { 'edgeworker-version': 'x'.repeat(33) }],
    ['a version with a plus', { 'edgeworker-version': '1.0.0+1' }],
    ['no version', {}],
    ['a member that nobody knows', { 'edgeworker-version': '1', subrequest: true }],
    ['a log that goes nowhere', { 'edgeworker-version': '1', config: { logging: { level: 'warn', schema: 'v1' } } }],
    ['a log of errors alone', { 'edgeworker-version': '1', config: { logging: { ds2id: 71321, schema: 'v1' } } }],
  ])('with %s in bundle.json is refused', (_name, manifest) => {
    const problems = checkBundle(HANDLERS, { ...ours, bundleJson: JSON.stringify(manifest) });

    expect(problems).toEqual([expect.stringMatching(/^bundle\.json/)]);
  });

  test('whose bundle.json is no JSON is refused', () => {
    const problems = checkBundle(HANDLERS, { ...ours, bundleJson: '{' });

    expect(problems).toEqual([expect.stringMatching(/^bundle\.json/)]);
  });

  test.each([
    ['imports what the platform does not have', 'import x from "./edgekv.js";', /imports \.\/edgekv\.js/],
    ['imports a module of Node', 'import "node:fs";', /imports node:fs/],
    ['exports everything of another module', 'export * from "log";', /exports responseProvider, \*;|exports \*/],
    ['exports a second handler', 'export function onClientRequest(){}', /expected responseProvider and nothing else/],
    ['has a default export', 'export default 1;', /expected responseProvider and nothing else/],
    ['waits with a timer', 'function f(){setTimeout(f)}', /uses setTimeout/],
    ['repeats with a timer', 'function f(){setInterval(f)}', /uses setInterval/],
    ['fetches', 'function f(){return fetch("/")}', /uses fetch/],
    ['reads its environment', 'function f(){return process.env}', /uses process/],
    ['requires', 'function f(){return require("log")}', /uses require/],
    ['evaluates text', 'function f(){eval("1")}', /uses eval/],
    ['makes a function of text', 'function f(){return new Function("1")}', /uses Function/],
    ['needs WebAssembly', 'function f(){return WebAssembly.compile}', /uses WebAssembly/],
    ['shares memory', 'function f(){return [new SharedArrayBuffer(1),Atomics]}', /uses (SharedArrayBuffer|Atomics)/],
    ['takes a way around', 'function f(){return globalThis["fet"+"ch"]}', /uses globalThis/],
    ['imports while it runs', 'function f(){return import("log")}', /uses import\(\)/],
    ['asks where it lies', 'function f(){return import.meta.url}', /uses import\.meta/],
    ['is no JavaScript', 'function f(){', /does not parse/],
    ['declares a name twice', 'let x;let x;', /does not parse/],
    ['is TypeScript', 'const x:number=1;', /does not parse/],
    ['has a regular expression of ES2024', 'function f(){return /[a--b]/v}', /newer than ES2022/],
    ['has a declaration of ES2026', 'function f(){using x=null}', /newer than ES2022|does not parse/],
  ])('that %s is refused', (_name, code, reason) => {
    const problems = checkBundle(HANDLERS, { ...ours, mainJs: `${SMALLEST}\n${code}` });

    expect(problems.join('\n')).toMatch(reason);
  });

  test.each([
    ['calls', 'f();function f(){}'],
    ['calls for a value', 'const x=Object.keys({});'],
    ['constructs', 'const x=new Map();'],
    ['waits', 'await null;'],
    ['assigns', 'let x;x=1;'],
    ['reads a member', 'const x=Math.PI;'],
    ['loops', 'for(;;){}'],
    ['throws', 'throw 1;'],
    ['runs a static block', 'class A{static{}}'],
    ['sets a static field', 'class A{static x=f()}function f(){}'],
    ['computes a name', 'class A{[f()](){}}function f(){}'],
    ['fills a template', 'const x=f`1`;function f(){}'],
    ['copies', 'const x={...null};'],
    ['exports a value that it computes', 'export const x=f();function f(){}'],
  ])('that %s while it loads is refused', (_name, code) => {
    const problems = checkBundle(HANDLERS, { ...ours, mainJs: `${SMALLEST}\n${code}` });

    expect(problems.join('\n')).toMatch(/works while it loads/);
  });

  test.each([
    [
      'functions and classes',
      'class A extends Error{#m=new Map();static n=1;f(x=g()){return x}}function g(){return[...[]]}',
    ],
    ['plain values', 'const x={a:[1,`t`,/x/,-1,null,()=>f()]},y=x;function f(){}'],
    ['members that have the name of a missing global', 'function f(x){return x.fetch({process:1}).eval}'],
  ])('may declare %s', (_name, code) => {
    const problems = checkBundle(HANDLERS, { ...ours, mainJs: `${SMALLEST}\n${code}` });

    expect(problems).toEqual([]);
  });
});
