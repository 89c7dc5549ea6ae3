import { type ResponseHeaderOptions, responseHeaders } from '../bucket/headers.ts';
import type { FlatHeaders } from '../bucket/transport.ts';
import { REASON } from '../cors/names.ts';
import { varyHeader } from '../cors/vary.ts';
import type { Answered } from './answers.ts';

export interface WriteOptions {
  /** Tell the reason in `x-bucket-cors-reason`. */
  readonly debugReason: boolean;
}

export const NO_STORE: FlatHeaders = ['Cache-Control', 'no-store'];

/**
 * Takes a head apart and puts it together with the one right set of CORS headers. Every response that
 * leaves the edge goes through here, whoever made it, and nothing touches its headers afterwards.
 */
export function writeHead(
  own: FlatHeaders,
  answered: Answered,
  { debugReason, passCommands }: WriteOptions & Pick<ResponseHeaderOptions, 'passCommands'>,
): { readonly headers: string[]; readonly hadCors: boolean } {
  const { headers, vary, hadCors } = responseHeaders(own, { noStore: answered.noStore, passCommands });
  for (const item of answered.headers) headers.push(item);
  for (const item of vary.length === 0 ? answered.varyAlone : varyHeader(vary, answered.vary))
    headers.push(item);
  if (answered.noStore) headers.push(...NO_STORE);
  if (debugReason) headers.push(REASON, answered.decision.reason);
  return { headers, hadCors };
}
