import type { Routed } from '../context.ts';
import { pathOf, segmentsSeen } from '../route.ts';

/** Whether a request is for the rules of its bucket: `/?cors`, with any value, beside any other parameters. */
export const asksForRules = ({ key }: Pick<Routed, 'key'>): boolean => key.startsWith('/?') && hasCors(key);

/**
 * Whether the bucket may take a request for one for its rules although its path is longer: some servers remove empty
 * segments and dot segments, also encoded ones, before they route.
 */
export const mayAskForRules = ({ key }: Pick<Routed, 'key'>): boolean =>
  hasCors(key) && namesNoObject(pathOf(key));

function namesNoObject(path: string): boolean {
  let depth = 0;
  for (const segment of segmentsSeen(path)) {
    if (segment === '..') depth = Math.max(0, depth - 1);
    else if (segment !== '' && segment !== '.') depth += 1;
  }
  return depth === 0;
}

/** Whether a key's query has the parameter `cors`, also percent-encoded. */
function hasCors(key: string): boolean {
  const start = key.indexOf('?');
  if (start < 0) return false;
  const parameters = key.slice(start + 1).split('&');
  return parameters.some((parameter) => decoded(parameter.split('=', 1)[0] ?? '') === 'cors');
}

/** Decodes valid escapes of ASCII only: a store may ignore the invalid ones. */
const decoded = (name: string): string =>
  name.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
