import { type ResponseHeaderOptions, responseHeaders } from '../bucket/headers.ts';
import type { StoreCode } from '../bucket/refusals.ts';
import type { FlatHeaders } from '../bucket/transport.ts';
import type { Answer } from '../cors/answer.ts';
import { CODE, REASON } from '../cors/names.ts';
import type { Reason } from '../cors/reason.ts';
import { varyHeader } from '../cors/vary.ts';
import { cachedLines } from './answers.ts';
import type { ErrorCode } from './errors.ts';

export interface WriteOptions {
  /** Send the reason of the decision in `x-bucket-cors-reason`, and the code of an error in `x-bucket-cors-code`. */
  readonly debugReason: boolean;
}

/** The parts of a head besides the answer. */
export interface HeadOptions extends Pick<ResponseHeaderOptions, 'passCommands'> {
  /** Sent in a debug header each; null: not sent. */
  readonly reason: Reason | null;
  readonly code: ErrorCode | StoreCode | null;
}

export const NO_STORE: FlatHeaders = ['Cache-Control', 'no-store'];

/**
 * Replaces the CORS headers of a head by those of the answer. Every response of the edge passes here, from a bucket or
 * from the edge itself, and no later code changes its headers.
 */
export function writeHead(
  own: FlatHeaders,
  answer: Answer,
  { passCommands, reason, code }: HeadOptions,
): { readonly headers: string[]; readonly hadCors: boolean } {
  const { headers, vary, hadCors } = responseHeaders(own, { noStore: answer.noStore, passCommands });
  const lines = vary.length === 0 ? cachedLines(answer) : undefined;
  if (lines === undefined) {
    for (const item of answer.headers) headers.push(item);
    for (const item of varyHeader(vary, answer.vary)) headers.push(item);
  } else for (const item of lines) headers.push(item);
  if (answer.noStore) headers.push(...NO_STORE);
  if (reason !== null) headers.push(REASON, reason);
  if (code !== null) headers.push(CODE, code);
  return { headers, hadCors };
}
