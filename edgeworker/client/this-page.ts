import type { Page } from './page.ts';

/** A network that swallows a request must not hold up those behind it; the edge itself answers within 4 s. */
const ANSWER_TIMEOUT_MS = 15_000;

/** The page that this code runs in. */
export function thisPage(): Page {
  return {
    storage: openStorage(),
    crypto: { getRandomValues: (array: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(array) },
    now: () => Date.now(),
    random: () => Math.random(),
    isOnline: () => navigator.onLine,
    // A string goes as text/plain, which asks for no preflight. `keepalive` lets it outlive the page, as `sendBeacon` would, which
    // tells nobody what was answered.
    post: async (url, body) => {
      const signal = AbortSignal.timeout?.(ANSWER_TIMEOUT_MS);
      const answer = await fetch(url, { method: 'POST', body, keepalive: true, signal });
      // Until its answer is read, a request counts as under way.
      await answer.text().catch(() => '');
      const { status, headers } = answer;
      // A page of another origin may read this type without being told so (Fetch standard, CORS-safelisted response header).
      const isProblem = /^application\/problem\+json/.test(headers.get('Content-Type') ?? '');
      return { status, retryAfter: headers.get('Retry-After'), isProblem };
    },
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    // Hidden is the last that many pages hear; `unload` would keep them out of the back/forward cache.
    onChange: (run) => {
      for (const type of ['visibilitychange', 'freeze']) document.addEventListener(type, run);
      for (const type of ['pagehide', 'online']) addEventListener(type, run);
    },
    defaults: () => ({ event_time: new Date().toISOString(), path: location.pathname }),
  };
}

/** Where a browser lets no site keep anything, events live as long as their page. */
function openStorage(): Page['storage'] {
  try {
    return localStorage ?? {};
  } catch {
    return {};
  }
}
