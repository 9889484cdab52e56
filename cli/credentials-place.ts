import { readFile } from 'node:fs/promises';
import { CredentialsError } from '../local/credentials.ts';
import { describeFailure } from './describe-failure.ts';

/** Where the credentials item lies: EdgeKV's copy of the local stack, or a file. */
export type CredentialsPlace =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string };

/** The item's text. @throws CredentialsError */
export async function readCredentials(place: CredentialsPlace, fetchItem: typeof fetch): Promise<string> {
  if (place.kind === 'file') {
    try {
      return await readFile(place.path, 'utf8');
    } catch (cause) {
      throw new CredentialsError(`${describeFailure(cause)}. Check the path given to --credentials.`, { cause });
    }
  }
  const response = await fetchItem(place.url, { redirect: 'error', signal: AbortSignal.timeout(10_000) }).catch(
    (cause) => {
      throw new CredentialsError(`${describeFailure(cause)}. Check the URL given to --credentials.`, { cause });
    },
  );
  if (!response.ok) {
    throw new CredentialsError(`the item's URL answered ${response.status}. Check that the item was pushed.`);
  }
  return response.text();
}
