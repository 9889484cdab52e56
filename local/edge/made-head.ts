import { type HeaderLines, HeaderList } from './header-list.ts';

/** Status and headers of a response that `createResponse` made. */
export interface MadeHead {
  readonly status: number;
  readonly headers: HeaderList;
}

/**
 * @param text JSON of `inside/create-response.ts`
 * @throws TypeError for headers that HTTP does not allow
 */
export function readMadeHead(text: string): MadeHead {
  const { status, headers }: { readonly status: number; readonly headers: HeaderLines } = JSON.parse(text);
  return { status, headers: HeaderList.of(headers) };
}
