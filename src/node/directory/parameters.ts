import { cut, decode, parametersOf } from '../../bucket/sign/canonical.ts';

/** The query parameters of a request, decoded from UTF-8; the first of each name. */
export function queryOf(target: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of parametersOf(target)) {
    const decoded = text(name);
    if (!map.has(decoded)) map.set(decoded, text(value));
  }
  return map;
}

const text = (raw: string): string => Buffer.from(decode(raw), 'latin1').toString('utf8');

/** The target without its query. */
export const pathOf = (target: string): string => cut(target).path;
