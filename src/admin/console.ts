import type { RuleSet } from '../cors/rule.ts';
import type { Fault, Result } from '../document/fault.ts';
import { isFields } from '../document/fields.ts';
import type { Field } from '../document/forms.ts';
import { nearest } from '../document/nearest.ts';
import { excerpt } from '../document/raw.ts';
import type { ConsoleField, ConsoleRule, ConsoleRules } from './api.ts';

/** The fields of the OSS console by those of a rule set. */
export const CONSOLE_FIELDS: Readonly<Record<Field | 'responseVary', ConsoleField>> = {
  id: 'id',
  allowedOrigins: 'sources',
  allowedMethods: 'allowedMethods',
  allowedHeaders: 'allowedHeaders',
  exposeHeaders: 'exposedHeaders',
  maxAgeSeconds: 'cacheTimeout',
  responseVary: 'varyOrigin',
};

/** A rule set in the words of the OSS console. */
export const toConsole = ({ rules, responseVary }: RuleSet): ConsoleRules => ({
  rules: rules.map((rule) => ({
    id: rule.id ?? null,
    sources: rule.allowedOrigins,
    allowedMethods: rule.allowedMethods,
    allowedHeaders: rule.allowedHeaders,
    exposedHeaders: rule.exposeHeaders,
    cacheTimeout: rule.maxAgeSeconds ?? null,
  })),
  varyOrigin: responseVary,
});

/** The same rules with the names of a rule set; their values are not checked yet. */
export const fromConsole = ({ rules, varyOrigin }: ConsoleRules) => ({
  rules: rules.map(({ id, sources, allowedMethods, allowedHeaders, exposedHeaders, cacheTimeout }) => ({
    ...(id !== null && { id }),
    allowedOrigins: sources,
    allowedMethods,
    allowedHeaders,
    exposeHeaders: exposedHeaders,
    ...(cacheTimeout !== null && { maxAgeSeconds: cacheTimeout }),
  })),
  responseVary: varyOrigin,
});

/** Reads the form of `ConsoleRules` from JSON; what its values mean is checked later. Each fault has its place. */
export function readConsole(value: unknown): Result<ConsoleRules> {
  if (!isFields(value))
    return refused([wrong('body', value, 'is no object', '{"rules": […], "varyOrigin": false}')]);
  const { rules, varyOrigin } = value;
  const faults: Fault[] = unknownKeys('', value, ['rules', 'varyOrigin']);
  if (typeof varyOrigin !== 'boolean')
    faults.push(wrong('varyOrigin', varyOrigin, 'is neither true nor false', 'true or false'));
  if (!Array.isArray(rules))
    return refused([...faults, wrong('rules', rules, 'is no list', 'a list of rules')]);
  if (rules.length > MOST_RULES)
    return refused([wrong('rules', String(rules.length), 'is too many rules', `at most ${MOST_RULES}`)]);
  const read = rules.map((rule, at) => readRule(rule, `rules[${at + 1}]`, faults));
  if (faults.length > 0) return refused(faults.slice(0, MOST_FAULTS));
  return { ok: true, value: { rules: read, varyOrigin: varyOrigin === true } };
}

/** No store serves more. */
const MOST_RULES = 1_000;
const MOST_FAULTS = 50;

const LISTS = ['sources', 'allowedMethods', 'allowedHeaders', 'exposedHeaders'] as const;
const KEYS = ['id', ...LISTS, 'cacheTimeout'];
const NO_RULE: ConsoleRule = {
  id: null,
  sources: [],
  allowedMethods: [],
  allowedHeaders: [],
  exposedHeaders: [],
  cacheTimeout: null,
};

function readRule(value: unknown, place: string, faults: Fault[]): ConsoleRule {
  if (!isFields(value)) {
    faults.push(wrong(place, value, 'is no object', `an object with ${KEYS.join(', ')}`));
    return NO_RULE;
  }
  faults.push(...unknownKeys(`${place}/`, value, KEYS));
  const { id = null, cacheTimeout = null } = value;
  if (id !== null && typeof id !== 'string')
    faults.push(wrong(`${place}/id`, id, 'is no text', 'a text, or null for none'));
  if (cacheTimeout !== null && typeof cacheTimeout !== 'number')
    faults.push(wrong(`${place}/cacheTimeout`, cacheTimeout, 'is no number', 'seconds, or null for none'));
  const [sources, allowedMethods, allowedHeaders, exposedHeaders] = LISTS.map((name) =>
    readList(value[name], `${place}/${name}`, faults),
  ) as [string[], string[], string[], string[]];
  return {
    id: typeof id === 'string' ? id : null,
    sources,
    allowedMethods,
    allowedHeaders,
    exposedHeaders,
    cacheTimeout: typeof cacheTimeout === 'number' ? cacheTimeout : null,
  };
}

function readList(value: unknown, place: string, faults: Fault[]): readonly string[] {
  if (!Array.isArray(value)) {
    faults.push(
      wrong(place, value, value === undefined ? 'is missing' : 'is no list', 'a list of texts; [] for none'),
    );
    return [];
  }
  const at = value.findIndex((one) => typeof one !== 'string');
  if (at >= 0) faults.push(wrong(`${place}[${at + 1}]`, value[at], 'is no text', 'a text in double quotes'));
  return value.filter((one) => typeof one === 'string');
}

const unknownKeys = (before: string, value: object, known: readonly string[]): Fault[] =>
  Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      place: `${before}${excerpt(key)}`,
      reason: 'is not a known key',
      write: nearest(key, known) ?? known.join(', '),
    }));

/** Never the content of a list or an object, which may be nested deeper than the stack is. */
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return '[…]';
  return typeof value === 'object' && value !== null ? '{…}' : excerpt(String(value));
};

const wrong = (place: string, value: unknown, reason: string, write: string): Fault => ({
  place,
  ...(value !== undefined && { value: shown(value) }),
  reason,
  write,
});

const refused = (faults: readonly Fault[]): Result<never> => ({ ok: false, faults });
