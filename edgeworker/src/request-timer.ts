/** Where the first handler of a request leaves the time for the last one. It need not be declared in the property. */
export const START_VARIABLE = 'PMUSER_EDGEHOUSE_START';

/**
 * Notes when a request came. Never throws: `setVariable` does where all variables together have over 1024 characters, and then there is
 * no duration.
 */
export function startTimer(
  request: { setVariable(name: string, value: string): void },
  { now }: { readonly now: () => number },
): void {
  try {
    request.setVariable(START_VARIABLE, String(now()));
  } catch {}
}
