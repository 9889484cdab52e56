import { validateHeaderName, validateHeaderValue } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAskedTrace } from '../../../../local/edge/asked-trace.ts';
import { traceHeaders } from '../../../../local/edge/describe-trace.ts';
import { HeaderList } from '../../../../local/edge/header-list.ts';
import { noteSubRequest, RequestTrace } from '../../../../local/edge/request-trace.ts';

const EVERYTHING = ['Pragma', 'akamai-x-ew-debug, akamai-x-ew-debug-subs', 'Akamai-EW-Trace', 'any'];
const TEXT = fc.string({ unit: 'binary', maxLength: 60 });

describe('what a request asks to be told', () => {
  test('is read from whatever Pragma says, and its token goes on to nobody', () => {
    fc.assert(
      fc.property(fc.array(TEXT), fc.option(TEXT), (pragmas, token) => {
        const headers = new HeaderList([
          ...pragmas.flatMap((pragma) => ['pragma', pragma]),
          ...(token === null ? [] : ['AKAMAI-ew-trace', token]),
        ]);

        const asked = readAskedTrace(headers);

        expect(headers.get('akamai-ew-trace')).toBeUndefined();
        expect(asked).toBeUndefined();
      }),
    );
  });

  test.each([
    ['no-cache, AKAMAI-X-EW-DEBUG ', ['onClientRequest', 'onOriginRequest', 'onOriginResponse', 'onClientResponse']],
    ['akamai-x-ew-onoriginresponse', ['onOriginResponse']],
    ['akamai-x-ew-debug-rp', ['responseProvider']],
    ['akamai-x-ew-debug-subs', []],
  ])('is %s', (pragma, handlers) => {
    const asked = readAskedTrace(new HeaderList(['Pragma', pragma]));

    expect([...(asked?.handlers ?? ['nothing'])]).toEqual(handlers);
    expect(asked?.enhanced).toBe(false);
  });
});

test('debug headers are such that HTTP allows them, whatever a bundle logs, throws and asks for', () => {
  const call = fc.record({ message: TEXT, url: TEXT, error: TEXT, log: fc.array(TEXT), name: TEXT });
  fc.assert(
    fc.property(call, ({ message, url, error, log, name }) => {
      const asked = readAskedTrace(new HeaderList(EVERYTHING));
      if (asked === undefined) throw new Error('nothing is asked for');
      const trace = new RequestTrace(asked);
      const begun = trace.begin('onClientRequest');
      begun.status = 'ExecutionError';
      begun.message = message;
      for (const text of log) begun.log.push({ level: 'log', message: text, place: 'main.js:1' });
      noteSubRequest(begun, 'GET', url).failed(error);
      noteSubRequest(begun, 'GET', url);

      const headers = traceHeaders({ edgeWorkerId: 1, version: '1', name, tierId: 100 }, trace);

      expect(headers.map(([header]) => header)).toEqual([
        ...(log.length > 0 ? ['X-Akamai-EdgeWorker-onClientRequest-Log'] : []),
        'X-Akamai-EdgeWorker-onClientRequest-Info',
        'X-Akamai-Edgeworker-Subrequests',
      ]);
      for (const [header, value] of headers) {
        validateHeaderName(header);
        validateHeaderValue(header, value);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(value.length).toBeLessThanOrEqual(4097);
      }
    }),
  );
});
