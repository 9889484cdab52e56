import type { BrowserContext, Page } from 'playwright-core';

/** A visitor of the site with some tabs, who knows which events the browser accepted. */
export interface Visitor {
  readonly accepted: ReadonlySet<number>;
  /** Pages that came back out of the back/forward cache. */
  readonly cachedPages: number;
  /** Makes so many events in one of the tabs. */
  track(tab: number, events: number): Promise<void>;
  navigate(tab: number): Promise<void>;
  /** To another page and back. */
  goBack(tab: number): Promise<void>;
  /** Closes a tab and opens another. */
  close(tab: number): Promise<void>;
  /** Loses the network, makes events in every tab, closes one, and opens another when the network is back. */
  goOffline(tab: number, events: number): Promise<void>;
  /** Kills the process of a tab. Others that live in it go too; all are opened anew. */
  crash(tab: number): Promise<void>;
  /** Learns which events the pages accepted as they went away. */
  readNotes(): Promise<void>;
  /** Closes all, opens one page, and waits until nothing is left to send. */
  settle(): Promise<void>;
}

const TABS = 3;

/**
 * @param site origin of the site
 * @param query of each page: `run` names the events
 */
export async function openVisitor(
  context: BrowserContext,
  site: string,
  query: Readonly<Record<string, string>>,
): Promise<Visitor> {
  const accepted = new Set<number>();
  const crashed = new Set<Page>();
  const tabs: Page[] = [];
  let pages = 0;
  let made = 0;
  let cachedPages = 0;

  const nextPage = (): string => `${site}/page/${++pages}?${new URLSearchParams(query)}`;

  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    page.on('crash', () => crashed.add(page));
    await page.goto(nextPage());
    return page;
  };

  const tabAt = (index: number): Page => {
    const tab = tabs[index % tabs.length];
    if (tab === undefined) throw new Error('the visitor has no tab');
    return tab;
  };

  const replace = async (closed: Page): Promise<void> => {
    await closed.close();
    tabs.splice(tabs.indexOf(closed), 1, await open());
  };

  const track = async (tab: number, events: number): Promise<void> => {
    const numbers = Array.from({ length: events }, () => ++made);
    for (const number of await ask<number[]>(tabAt(tab), `trackAll(${JSON.stringify(numbers)})`)) accepted.add(number);
  };

  const readNotes = async (): Promise<void> => {
    const keys = await ask<string[]>(
      tabAt(0),
      'Object.keys(localStorage).filter((key) => key.startsWith("accepted "))',
    );
    for (const key of keys) accepted.add(Number(key.slice('accepted '.length)));
  };

  for (let tab = 0; tab < TABS; tab++) tabs.push(await open());

  return {
    accepted,
    get cachedPages() {
      return cachedPages;
    },
    track,
    async navigate(tab) {
      await tabAt(tab).goto(nextPage());
    },
    async goBack(tab) {
      await tabAt(tab).goto(nextPage());
      // A page out of the cache does not load.
      await tabAt(tab).goBack({ waitUntil: 'commit' });
      await tabAt(tab).waitForFunction('typeof trackAll === "function" && document.readyState === "complete"');
      if (await ask<boolean>(tabAt(tab), 'wasCached')) cachedPages += 1;
    },
    close: (tab) => replace(tabAt(tab)),
    async goOffline(tab, events) {
      await context.setOffline(true);
      for (let other = 0; other < TABS; other++) await track(other, events);
      const [closed] = tabs.splice(tab % TABS, 1);
      await closed?.close();
      await context.setOffline(false);
      tabs.push(await open());
    },
    async crash(tab) {
      const page = tabAt(tab);
      const gone = page.waitForEvent('crash');
      const session = await context.newCDPSession(page);
      // Never answered: who would answer is dead.
      session.send('Page.crash').catch(() => undefined);
      await gone;
      for (const dead of tabs.filter((other) => crashed.has(other))) await replace(dead);
    },
    readNotes,
    async settle() {
      for (const tab of tabs.splice(0)) await tab.close();
      tabs.push(await open());
      await tabAt(0).waitForFunction('!Object.keys(localStorage).some((key) => key.startsWith("edgehouse "))');
      await readNotes();
    },
  };
}

/** Evaluates an expression in a page. As text: what runs there has other types than what runs here. */
function ask<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate<T>(expression);
}
