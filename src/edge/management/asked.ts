import type { Routed } from '../context.ts';
import { pathOf, segmentsSeen } from '../route.ts';

/** Whether a request is for the rules of its bucket: `/?cors`, with any value, beside any other parameters. */
export function asksForRules({ key }: Pick<Routed, 'key'>): boolean {
  const path = pathOf(key);
  return path === '/' && hasCors(key.slice(path.length + 1));
}

/**
 * Whether the bucket may take a request for one for its rules although its path is longer: some servers remove empty
 * segments and dot segments, also encoded ones, before they route.
 */
export function mayAskForRules({ key }: Pick<Routed, 'key'>): boolean {
  const path = pathOf(key);
  return hasCors(key.slice(path.length + 1)) && namesNoObject(path);
}

function namesNoObject(path: string): boolean {
  let depth = 0;
  for (const segment of segmentsSeen(path)) {
    if (segment === '..') depth = Math.max(0, depth - 1);
    else if (segment !== '' && segment !== '.') depth += 1;
  }
  return depth === 0;
}

/** Whether a query has the parameter `cors`, also percent-encoded. */
const hasCors = (query: string): boolean =>
  query.split('&').some((parameter) => decoded(parameter.split('=', 1)[0] ?? '') === 'cors');

/** Decodes valid escapes of ASCII only: a store may ignore the invalid ones. */
const decoded = (name: string): string =>
  name.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
