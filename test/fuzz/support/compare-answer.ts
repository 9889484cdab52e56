import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { BATCH_CODES } from '../../../functions/shared/codes.ts';
import { DOCUMENTED_STATUSES } from '../../integration/support/documented-statuses.ts';
import { type FoundBatch, faultsOf, wordOf } from './compare-stored.ts';
import type { Expected } from './oracle-answer.ts';

const PROBLEM = ['type', 'title', 'status', 'detail', 'code', 'next', 'requestId'];
const RECEIPT = ['batchId', 'stream', 'outcome', 'received', 'accepted', 'quarantined', 'errors'];
const MOST_ERRORS = 100;

export interface SentBatch {
  readonly requestId: string;
  readonly batchId: string;
  readonly stream: string;
  readonly expected: Expected;
  readonly answer: APIGatewayProxyStructuredResultV2;
}

/** By the code, or by the status where there is none. */
export function outcomeOf({ statusCode, body }: APIGatewayProxyStructuredResultV2): string {
  return String(objectOf(JSON.parse(body ?? '{}'))['code'] ?? statusCode);
}

/** Holds an answer against the oracle and against what the database has of the batch. @returns what differs, in words */
export function compareAnswer(sent: SentBatch, found: FoundBatch): readonly string[] {
  const { expected, answer } = sent;
  const body = objectOf(JSON.parse(answer.body ?? ''));
  const isJudged = expected.kind === 'judged';
  const code = isJudged ? (found.stored.size > 0 ? undefined : 'ROWS_REFUSED') : body['code'];
  if (!isJudged && !expected.codes.includes(String(code))) {
    return [`expected ${expected.codes.join(' or ')}, answered ${answer.statusCode} ${String(body['code'])}`];
  }
  const wanted = code === undefined ? 200 : DOCUMENTED_STATUSES[String(code)];
  const names = [...(code === undefined ? [] : PROBLEM), ...(isJudged ? RECEIPT : [])];
  const facts: readonly (readonly [what: string, expected: unknown, seen: unknown])[] = [
    ['status', wanted, answer.statusCode],
    ['members', names.sort().join(), Object.keys(body).sort().join()],
    ['headers', headersFor(code !== undefined, sent.requestId), JSON.stringify(answer.headers)],
    ...(code === undefined ? [] : problemFacts(String(code), sent.requestId, body)),
    ...(isJudged ? receiptFacts(sent, expected.rows.length, found, body) : []),
  ];
  const stray = isJudged
    ? []
    : [...found.stored.keys(), ...found.quarantined.keys()].map((row) => `row ${row} is kept`);
  return [...differing(facts), ...stray, ...(isJudged ? compareErrors(expected, found, body['errors']) : [])];
}

function headersFor(isProblem: boolean, requestId: string): string {
  const type = isProblem ? 'application/problem+json' : 'application/json';
  return JSON.stringify({ 'content-type': type, 'edgehouse-request-id': requestId });
}

type Fact = readonly [what: string, expected: unknown, seen: unknown];

function problemFacts(code: string, requestId: string, body: Readonly<Record<string, unknown>>): readonly Fact[] {
  return [
    ['code', code, body['code']],
    ['status of the problem', DOCUMENTED_STATUSES[code], body['status']],
    ['requestId', requestId, body['requestId']],
    ['type', true, String(body['type']).endsWith(`docs/errors.md#${code.toLowerCase()}`)],
    ['a known code', true, Object.hasOwn(BATCH_CODES, code)],
    ['words', true, ['title', 'detail', 'next'].every((name) => String(body[name] ?? '').length > 5)],
  ];
}

function receiptFacts(
  { batchId, stream }: SentBatch,
  received: number,
  { stored, quarantined }: FoundBatch,
  body: Readonly<Record<string, unknown>>,
): readonly Fact[] {
  return [
    ['batchId', batchId, body['batchId']],
    ['stream', stream, body['stream']],
    ['outcome', stored.size > 0 ? 'stored' : 'quarantined', body['outcome']],
    ['received', received, body['received']],
    ['accepted', stored.size, body['accepted']],
    ['quarantined', quarantined.size, body['quarantined']],
  ];
}

function differing(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap(([what, expected, seen]) =>
    expected === seen ? [] : [`${what}: expected ${String(expected)}, answered ${String(seen)}`],
  );
}

/** The first hundred faults, as quarantine has them, in the order of rows. */
function compareErrors(
  { rows }: Extract<Expected, { kind: 'judged' }>,
  { quarantined }: FoundBatch,
  errors: unknown,
): readonly string[] {
  const told = Array.isArray(errors) ? errors.map(objectOf) : [];
  const inOrder = [...quarantined].sort(([a], [b]) => a - b);
  const expected = inOrder.flatMap(([at, row]) => {
    const line = rows[at]?.line;
    return faultsOf(row).map((word) => `${at} ${line ?? '-'} ${word}`);
  });
  const seen = told.map(({ row, line, code, column, message, ...others }) => {
    const isShaped = typeof message === 'string' && message.length > 5 && Object.keys(others).length === 0;
    return `${String(row)} ${String(line ?? '-')} ${wordOf(String(code), String(column))}${isShaped ? '' : ' of another shape'}`;
  });
  const wanted = expected.slice(0, MOST_ERRORS);
  return JSON.stringify(seen) === JSON.stringify(wanted)
    ? []
    : [`errors: expected ${JSON.stringify(wanted)}, answered ${JSON.stringify(seen)}`];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
