import type { Routed } from '../context.ts';
import { pathOf, segmentsSeen } from '../route.ts';

/** Whether a request is for the rules of its bucket: `/?cors`, with any value, beside any other parameters. */
export const asksForRules = ({ key }: Pick<Routed, 'key'>): boolean => key.startsWith('/?') && hasCors(key);

/**
 * Whether the bucket may take a request for one for its rules although it is spelled otherwise: some servers remove empty
 * segments and dot segments, also encoded ones, before they route, and some read other names as `cors`.
 */
export function mayAskForRules({ key }: Pick<Routed, 'key'>): boolean {
  const path = pathOf(key);
  // Most requests have no query, and so no parameter.
  if (path.length === key.length) return false;
  return (
    (namesNoObject(path) || namesNoObject(decodedTwice(path))) && seemsToHaveCors(key.slice(path.length))
  );
}

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

/** Decodes as a proxy and the store behind it, without blanks and controls, which some parsers remove. */
const decodedTwice = (text: string): string => decoded(decoded(text)).replace(/[\0- +\x7f]/g, '');

/**
 * Whether a tolerant server may find `cors` in a query: in other letter case, between semicolons, as an array (`cors[]`),
 * encoded twice, or among blanks, controls and other characters that no name has.
 */
function seemsToHaveCors(query: string): boolean {
  // An encoded separator is a part of its name or value.
  const separated = query.replace(/%(?:25)?(?:26|3b)/gi, '');
  const names = decodedTwice(separated)
    .toLowerCase()
    .replace(/%[89a-f][0-9a-f]|[^a-z0-9._&;=[-]/g, '');
  return /(?:^|[&;])cors(?:[&;=[]|$)/.test(names);
}
