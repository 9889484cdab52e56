import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { environmentOf } from './support/environment-of.ts';
import { EVERY_STACK } from './support/every-preset.ts';
import { secretLike } from './support/secret-like.ts';
import { synthesize } from './support/synthesize.ts';

/** Bytes that are the same each time, so that a word by chance does not fail the test once in a hundred runs. */
const bytes = (count: number) => createHash('sha512').update('canary').digest().subarray(0, count);
const member = (text: object) => Buffer.from(JSON.stringify(text)).toString('base64url');

/** What somebody might put into a function's environment for a moment. */
const CANARIES: Readonly<Record<string, string>> = {
  'a key of 32 bytes in base64url': bytes(32).toString('base64url'),
  'a key of 32 bytes in base64': bytes(32).toString('base64'),
  'a key of 32 bytes in hex': bytes(32).toString('hex'),
  'a password as docs/deploy.md makes one': `${bytes(24).toString('base64url')}.1Aa`,
  'a private key': '-----BEGIN PRIVATE KEY-----',
  'a token': `${member({ alg: 'RS256', kid: 'a' })}.${member({ sub: 'ew:1', iss: 'x' })}.${bytes(64).toString('base64url')}`,
  'an AWS access key': 'AKIAABCDEFGHIJ234567',
  'the secret of ClickHouse': '{"url":"https://h:8443","username":"w","password":"hunter2-hunter2"}',
  'an address with a password': 'https://admin:hunter2@h:8443',
  'an EdgeGrid credential': 'akab-abcdefghijklmnop-qrstuvwxyz234567',
};

/** Where something is, or what it is called: a part of this stack or of the first one's, a replica, a path of Vault's. */
const PLACES = [
  /^<[\w/.-]+>(\/[\w./-]+)?$/,
  /^<\w+ of edgehouse-us-east-1>(\/[\w./-]+)?$/,
  /^arn:aws:secretsmanager:[\w-]+:<AWS::AccountId>:secret:part 6 of <\w+ of edgehouse-us-east-1> split at :$/,
  /^edgehouse\/[\w/-]+$/,
];

describe.each(EVERY_STACK)('%s', (_preset, stack) => {
  test('nothing in the template looks like a credential', () => {
    expect(secretLike(stack)).toEqual([]);
  });

  test('functions are told where things are, and nothing else', () => {
    const told = stack
      .ofType('AWS::Lambda::Function')
      .flatMap((lambda) => Object.entries(environmentOf(lambda, stack)));

    expect(told.length).toBeGreaterThan(5);
    expect(told.filter(([, value]) => !PLACES.some((place) => place.test(value)))).toEqual([]);
  });
});

describe('a credential in the template', () => {
  test.each(Object.entries(CANARIES))('is found: %s', (_what, canary) => {
    const [leaking] = synthesize({
      prepare: (_app, [stack]) => {
        const lambda = stack?.node.findAll().find((construct) => construct instanceof CfnFunction);
        if (lambda === undefined) throw new TypeError('The stack has no function.');
        lambda.addPropertyOverride('Environment.Variables.CANARY', canary);
      },
    });

    expect(secretLike(leaking)).toEqual([expect.stringMatching(/Function: \w+$/)]);
  });

  test('of 32 bytes is found whatever they are', () => {
    const [stack] = synthesize();
    const withOutput = (text: string) => ({ ...stack, resources: [], outputs: { Canary: text } });

    for (let run = 0; run < 500; run += 1) {
      expect(secretLike(withOutput(`key ${randomBytes(32).toString('base64url')}`))).toHaveLength(1);
    }
  });
});
