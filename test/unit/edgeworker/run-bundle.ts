import { SourceTextModule, SyntheticModule } from 'node:vm';
import type { Bundle } from '../../../edgeworker/build-bundle.ts';
import type { HttpAnswer } from '../../../edgeworker/src/platform.ts';
import { answerOf, type FakeEdge, fakeEdge, ITEM, isEdgeKv, type SentRequest } from './fake-edge.ts';

/** main.js looks at the real clock, so its credentials have to outlive a test. */
export function edgeOfToday(ingest: (request: SentRequest) => HttpAnswer): FakeEdge {
  const item = JSON.stringify({ ...ITEM, exp: 99_999_999_999 });
  return fakeEdge((request) => (isEdgeKv(request) ? answerOf(200, item) : ingest(request)));
}

export type Handlers = Readonly<Record<string, (...parameters: readonly object[]) => unknown>>;

/** Loads main.js as Akamai does: the same text, with the modules of the platform beside it and none else. */
export async function runBundle(
  { mainJs }: Pick<Bundle, 'mainJs'>,
  { platform }: Pick<FakeEdge, 'platform'>,
): Promise<Handlers> {
  return loadBundle(mainJs, {
    crypto: { crypto: platform.crypto },
    encoding: { TextEncoder, atob, btoa },
    'http-request': { httpRequest: platform.httpRequest },
    log: { logger: { warn: (_format: string, message: string) => platform.warn(message) } },
    'create-response': {
      createResponse: (status: number, headers: object, body: string) => ({ status, headers, body }),
    },
  });
}

/** @param modules what each module of the platform exports */
export async function loadBundle(
  mainJs: string,
  modules: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<Handlers> {
  const main = new SourceTextModule(mainJs);
  await main.link((specifier) => {
    const members = modules[specifier] ?? {};
    return new SyntheticModule(Object.keys(members), function setAll() {
      for (const [name, value] of Object.entries(members)) this.setExport(name, value);
    });
  });
  await main.evaluate();
  // The boundary: what a module exports has no type.
  return main.namespace as Handlers;
}
