import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AskedSubRequest, planSubRequest } from '../../../../local/edge/plan-sub-request.ts';

const PROPERTIES = { 'api.example.com': { origin: 'http://127.0.0.1:8080', allowPost: true } };

function plan(changes: Partial<AskedSubRequest>, parentHost = 'shop.example.com') {
  const asked: AskedSubRequest = {
    url: 'https://api.example.com/x',
    method: 'GET',
    headers: [],
    body: 'none',
    ...changes,
  };
  return planSubRequest(asked, parentHost, PROPERTIES);
}

describe('planSubRequest', () => {
  test('takes a port off the host of the visitor only', () => {
    expect(plan({ url: '/x?y' }, 'api.example.com:41873')).toMatchObject({ kind: 'sent', path: '/x?y' });
    expect(plan({ url: '//api.example.com/x' })).toMatchObject({ kind: 'sent' });
    expect(plan({ url: 'https://api.example.com:443/x' })).toMatchObject({ kind: 'refused' });
  });

  test('never leaves the origins of the properties, whatever the URL', () => {
    const word = fc.constantFrom(
      'https:',
      'http:',
      '//',
      '/',
      '\\',
      '@',
      ':',
      '#',
      '?',
      '127.0.0.1',
      'api.example.com',
      '.',
      '%',
      ' ',
      '\t',
      '443',
      'x',
    );
    const url = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.array(word).map((words) => words.join('')),
    );

    fc.assert(
      fc.property(url, fc.oneof(fc.string(), fc.domain()), (text, host) => {
        const planned = plan({ url: text }, host);

        if (planned.kind !== 'sent') return;
        expect(planned.origin).toBe('http://127.0.0.1:8080');
        expect(planned.path).toMatch(/^\/[^\s#]*$/);
        expect(new URL(`${planned.origin}${planned.path}`).origin).toBe(planned.origin);
      }),
    );
  });

  test('never lets a header through that belongs to the connection, in whatever case', () => {
    const names = [
      'host',
      'content-length',
      'connection',
      'keep-alive',
      'transfer-encoding',
      'te',
      'trailer',
      'proxy-authorization',
      'x-akamai-a',
      'akamai-a',
    ];
    const name = fc
      .constantFrom(...names)
      .chain((text) =>
        fc
          .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
          .map((upper) => [...text].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join('')),
      );

    fc.assert(
      fc.property(name, fc.string(), (text, value) => {
        expect(plan({ headers: [[text, [value]]] }).kind).toBe('refused');
      }),
    );
  });

  test('refuses a header or keeps it as it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (name, values) => {
        const planned = plan({ headers: [[name, values]] });

        expect(planned.kind === 'refused' || planned.kind === 'sent').toBe(true);
        if (planned.kind === 'sent') expect(planned.headers).toEqual(values.flatMap((value) => [name, value]));
      }),
    );
  });
});
