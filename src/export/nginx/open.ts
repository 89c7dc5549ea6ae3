import { escapeSpecial as escaped } from '../regex.ts';
import { allowedNamesRegex } from './names.ts';
import type { OpenRule } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_HEADERS, ASKED_METHOD, METHOD, ORIGIN, type Variables } from './variables.ts';

/** Characters of the patterns in one regular expression. */
const PATTERNS_LIMIT = 1_000;

/** In the order of the rules, in which nginx compares regular expressions. The origin has no blank. */
export const openMap = (open: readonly OpenRule[], methods: readonly string[], v: Variables): string =>
  mapBlock(
    `${METHOD} ${ORIGIN}`,
    v.open,
    open.flatMap(({ planned, verdict }) => {
      const listed = methods.filter((method) => planned.rule.methods.has(method));
      if (listed.length === 0) return [];
      return originRegexes(planned).map((regex): Row => {
        return [{ regex: `^${anyOf(listed)} ${regex}$` }, verdict.id];
      });
    }),
    'Origins that a wildcard matches, in the order of the rules.',
  );

export const openAskedMap = (open: readonly OpenRule[], refused: string, v: Variables): string =>
  mapBlock(
    `${ASKED_METHOD} ${ORIGIN} ,${ASKED_HEADERS}`,
    v.openAsked,
    [
      ...open.flatMap(({ planned, verdict }) =>
        originRegexes(planned).map((regex): Row => {
          const before = `^${anyOf([...planned.rule.methods])} ${regex} `;
          return [{ regex: `${before}${allowedNamesRegex(planned.rule)}` }, verdict.id];
        }),
      ),
      [DEFAULT, refused],
    ],
    'The same for their preflights: no request header may be one that the rule does not allow.',
  );

const originRegexes = ({ rule, patterns }: OpenRule['planned']): readonly string[] =>
  rule.origins.any ? ['[^ ]+'] : patternRegexes(patterns, '[^ ]*');

/** Regular expressions for patterns, several in one. `wildcard` stands for each `*`. */
export function patternRegexes(
  patterns: OpenRule['planned']['patterns'],
  wildcard: string,
): readonly string[] {
  const found: string[][] = [];
  for (const { prefix, suffix } of patterns) {
    const regex = `${escaped(prefix)}${wildcard}${escaped(suffix)}`;
    const last = found.at(-1);
    if (last === undefined || last.join('|').length + regex.length > PATTERNS_LIMIT) found.push([regex]);
    else last.push(regex);
  }
  return found.map(anyOf);
}

const anyOf = (regexes: readonly string[]): string =>
  regexes.length === 1 ? (regexes[0] ?? '') : `(?:${regexes.join('|')})`;
