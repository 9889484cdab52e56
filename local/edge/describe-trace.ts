import { LOG_LEVELS, type LogLevel } from './asked-trace.ts';
import type { HandlerName } from './edge-options.ts';
import type { CallTrace, RequestTrace, SubRequestTrace } from './request-trace.ts';

/** Whose calls these are. */
export interface TracedWorker {
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly name: string;
  /** 100, 200 or 280. */
  readonly tierId: number;
}

const EVENTS: Readonly<Record<HandlerName, string>> = {
  onClientRequest: 'CReq',
  onOriginRequest: 'OReq',
  onOriginResponse: 'ORsp',
  onClientResponse: 'CRsp',
  responseProvider: 'RP',
};
/** Akamai cuts its headers too, at a length that it does not publish, and ends what is cut with this. */
const CUT = '$';
const MOST_CHARS = 4096;

/** The debug headers of a request, as Akamai's documents show them. Parts that are not known here are not there. */
export function traceHeaders(worker: TracedWorker, trace: RequestTrace): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  for (const call of trace.calls.toReversed()) {
    // With an enhanced trace, that of responseProvider stands in the body.
    if (!trace.asked.handlers.has(call.handler) || standsInBody(trace, call)) continue;
    headers.push(...callHeaders(worker, call, trace));
  }
  const subRequests = trace.calls.flatMap((call) => subRequestsOf(worker, call));
  if (trace.asked.subRequests && trace.asked.enhanced && subRequests.length > 0) {
    headers.push(['X-Akamai-Edgeworker-Subrequests', cut(subRequests.join(', '))]);
  }
  return headers;
}

/** What follows the body of `responseProvider`, or undefined where it was not asked for. */
export function traceOfBody(worker: TracedWorker, trace: RequestTrace): string | undefined {
  const call = trace.calls.find((one) => standsInBody(trace, one) && trace.asked.handlers.has(one.handler));
  if (call === undefined) return undefined;
  return callHeaders(worker, call, trace)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function standsInBody({ asked }: RequestTrace, { handler }: CallTrace): boolean {
  return asked.enhanced && handler === 'responseProvider';
}

function callHeaders(
  { edgeWorkerId, version, name, tierId }: TracedWorker,
  call: CallTrace,
  { asked }: RequestTrace,
): readonly (readonly [string, string])[] {
  const title = call.handler === 'responseProvider' ? 'ResponseProvider' : call.handler;
  const who = `ew=${edgeWorkerId} v${version}:${name}`;
  if (!asked.enhanced) {
    const status = call.status === 'Success' || call.status === 'UnimplementedEventHandler' ? call.status : 'Failed';
    return [[`X-Akamai-EdgeWorker-${title}-Info`, cut(encoded(`${who}; status=${status}`))]];
  }
  const times = `init_wall_time=0; wall_time=${round(call.wallMs)}; init_cpu_time=0; cpu_time=${round(call.cpuMs)}`;
  const message = encoded(call.message ?? '-')
    .replaceAll(' ', '+')
    .replaceAll(';', '%3B');
  const info = `${encoded(who)}; status=${call.status}; status_msg=${message}; res_tier=${tierId}; ${times}; memory_usage=${Math.round(call.heapBytes)}`;
  const lines = call.log
    .filter(({ level }) => isAtLeast(level, asked.logLevel))
    .map(({ level, message: text, place }) => `${level.slice(0, 1).toUpperCase()}:${place} ${encoded(text)}`);
  return [
    ...(lines.length === 0
      ? []
      : [[`X-Akamai-EdgeWorker-${title}-Log`, cut(lines.map((line) => `${line}\\r\\n`).join(''))] as const]),
    [`X-Akamai-EdgeWorker-${title}-Info`, cut(info)],
  ];
}

function subRequestsOf({ edgeWorkerId }: TracedWorker, { handler, subRequests }: CallTrace): readonly string[] {
  return subRequests.map((entry, index) => {
    const { method, url, status, ms, totalMs, error, queuedMs }: SubRequestTrace = entry;
    const safe = encoded(url).replaceAll('"', '%22').replaceAll(',', '%2C');
    const parts = [
      `ew=${edgeWorkerId}`,
      `evt=${EVENTS[handler]}`,
      `id=${index + 1}`,
      `method="${method}"`,
      `url="${safe}"`,
      ...(safe === url ? [] : ['url_encoded=1']),
      ...(status === undefined && error === undefined ? ['rsp=pending'] : []),
      ...(status === undefined ? [] : [`rsp=${status}`]),
      ...(error === undefined || status !== undefined ? [] : [`err="${encoded(error).replaceAll('"', '%22')}"`]),
      ...(ms === undefined ? [] : [`dur=${round(ms)}`]),
      ...(error === undefined || status === undefined ? [] : [`body_err="${encoded(error).slice(0, 100)}"`]),
      ...(totalMs === undefined ? [] : [`total_dur=${round(totalMs)}`]),
      ...(queuedMs === undefined ? [] : ['rate_limited=1', `rate_limited_dur=${round(queuedMs)}`]),
    ];
    return parts.join('; ');
  });
}

function isAtLeast(level: string, least: LogLevel): boolean {
  // `logger.log` has no level of its own among those that can be asked for.
  const levels: readonly string[] = LOG_LEVELS;
  const known = levels.includes(level) ? level : 'info';
  return levels.indexOf(known) >= levels.indexOf(least);
}

/** Percent-encodes what a header may not hold. */
function encoded(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

function cut(text: string): string {
  return text.length <= MOST_CHARS ? text : `${text.slice(0, MOST_CHARS)}${CUT}`;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
