import { framingFault, type RequestHead } from '../bucket/head.ts';
import type { RequestLimits } from '../bucket/limits.ts';
import { type Facts, repeatedHeader } from '../cors/decide.ts';
import { type EdgeFault, MAX_HEADER_LINES } from './errors.ts';

/** Returns the error of a head that is invalid for every request, or null. */
export function faultOfHead(target: string, head: RequestHead, limits: RequestLimits): EdgeFault | null {
  if (target.length > limits.target) return 'URITooLong';
  if (head.headerBytes > limits.headers || head.headerLines > MAX_HEADER_LINES)
    return 'RequestHeaderTooLarge';
  return framingFault(head);
}

/** Returns the error of a request that repeats a header which CORS allows once, or null. */
export function corsFault(facts: Facts): 'InvalidOrigin' | 'InvalidRequestMethod' | null {
  const header = repeatedHeader(facts);
  if (header === null) return null;
  return header === 'origin' ? 'InvalidOrigin' : 'InvalidRequestMethod';
}
