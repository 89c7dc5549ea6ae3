import { responseHeaders } from '../bucket/headers.ts';
import type { FlatHeaders } from '../bucket/transport.ts';
import { answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Decision } from '../cors/decide.ts';
import { REASON } from '../cors/names.ts';
import { varyHeader } from '../cors/vary.ts';

export interface WriteOptions {
  /** Tell the reason in `x-bucket-cors-reason`. */
  readonly debugReason: boolean;
}

const NO_STORE: FlatHeaders = ['Cache-Control', 'no-store'];

/**
 * Takes a head apart and puts it together with the one right set of CORS headers. Every response that
 * leaves the edge goes through here, whoever made it, and nothing touches its headers afterwards.
 */
export function writeHead(
  own: FlatHeaders,
  rules: CompiledRules,
  decision: Decision,
  { debugReason }: WriteOptions,
): { readonly headers: string[]; readonly hadCors: boolean } {
  const cors = answer(rules, decision);
  const { headers, vary, hadCors } = responseHeaders(own, cors.noStore);
  headers.push(...cors.headers, ...varyHeader(vary, cors.vary));
  if (cors.noStore) headers.push(...NO_STORE);
  if (debugReason) headers.push(REASON, decision.reason);
  return { headers, hadCors };
}
