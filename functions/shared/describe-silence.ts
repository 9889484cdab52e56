/** Why there was no answer at all. */
export type Silence =
  | { readonly silence: 'no answer in time' }
  | { readonly silence: 'no connection'; readonly reason: string };

/** What `fetch` threw. It wraps what happened to the socket: the code of Node's error is in the cause. */
export function describeSilence(fault: unknown): Silence {
  const name = memberOf(fault, 'name');
  if (name === 'TimeoutError' || name === 'AbortError') return { silence: 'no answer in time' };
  const code = memberOf(memberOf(fault, 'cause'), 'code');
  return { silence: 'no connection', reason: typeof code === 'string' ? code : 'without a code' };
}

function memberOf(value: unknown, name: 'name' | 'cause' | 'code'): unknown {
  const held: Readonly<{ name?: unknown; cause?: unknown; code?: unknown }> | undefined =
    typeof value === 'object' && value !== null ? value : undefined;
  return held?.[name];
}
