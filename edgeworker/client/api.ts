// All that a page sees, types alone: the build ships this file as the client's declarations.

/** What a page says about its events; every member has a default. */
export interface ClientOptions<Row extends object, Given extends keyof Row> {
  /** Where the collector answers: a path of this site, or the address of another whose `edge.allowedOrigins` names this one. @default '/collect' */
  readonly url?: string;
  /** Milliseconds after which a batch goes out that is not full yet, 10,000 at most. @default 5000 */
  readonly waitMs?: number;
  /** Characters of events that may wait for an answer, of the 5 million that a browser keeps for a site. @default 500000 */
  readonly maxStored?: number;
  /**
   * Milliseconds for which a batch is sent again whose page went away before the answer came. Nobody knows whether that one is stored: within
   * this time ClickHouse recognises it (12 minutes at the stream's declared peak), later it might be stored twice, so it is dropped
   * as `expired`, stored or not. `Infinity` sends it whenever a page comes. A batch that a page saw fail is sent again for a week, whatever
   * this says. @default 600000
   */
  readonly resendForMs?: number;
  /** What each event begins with; its own members win. @default `event_time`, now, and `path`, the page's */
  readonly defaults?: () => Pick<Row, Given> & Partial<Row>;
  /** Is told of events that will not be in the table: how many, and why. @default nobody is */
  readonly onDrop?: (events: number, reason: DropReason) => void;
}

/**
 * - `unfit`: no JSON, or more than 16,000 bytes of it. Never accepted.
 * - `full`: more than `maxStored` is waiting, or the browser's own storage is full. Never accepted.
 * - `refused`: the collector itself will not take the batch, now or later. What it has in quarantine (422) counts too.
 * - `expired`: see `resendForMs`, nearly all of these are stored; or not accepted for a week.
 */
export type DropReason = 'unfit' | 'full' | 'refused' | 'expired';

export interface Client<Event extends object> {
  /** Takes an event and never throws. True: it is in the browser's storage, and outlives this page. False: it is dropped, and `onDrop` is told. */
  track(event: Event): boolean;
  /** Sends what is waiting now. There is no need to: time, size and the end of the page do. */
  flush(): void;
}

/**
 * A row as a page writes it: what the defaults give may be left out. Not by `Omit`, which forgets the columns of a row that may have any other
 * field too.
 */
export type PageEvent<Row extends object, Given extends keyof Row> = {
  [Column in keyof Row as Exclude<Column, Given>]: Row[Column];
} & Partial<Pick<Row, Given>>;

/**
 * Starts a client, which sends what earlier pages left behind. One for a page and an address is enough. `Row` is the type that `edgehouse
 * types` prints, `Given` the columns that `defaults` gives.
 */
export type CreateClient = <
  Row extends object = Readonly<Record<string, unknown>>,
  Given extends keyof Row = keyof Row & ('event_time' | 'path'),
>(
  options?: ClientOptions<Row, Given>,
) => Client<PageEvent<Row, Given>>;
