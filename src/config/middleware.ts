import type { Dialect, VaryMode } from '../cors/behaviour.ts';
import type { RuleSet } from '../cors/rule.ts';
import {
  type Document,
  type Fault,
  faultsOf,
  faultText,
  type Refused,
  type Result,
} from '../document/fault.ts';
import { nearest } from '../document/nearest.ts';
import { readDocument, readRuleSet } from '../document/read.ts';
import type { Source } from '../rules/source.ts';
import { type Config, type GivenOptions, readConfig } from './read.ts';

/** The options of `bucketCors`. Only `rules` is required. The others mean the same as the flags of their names. */
export interface BucketCorsOptions {
  /** A document as text, XML or JSON; a rule set; or a source, whose rules are reloaded. */
  readonly rules: string | RuleSet | Source;
  /** The kind of store, which decides how preflights are worded; `oss` by default; R2 is `s3`. */
  readonly store?: Dialect;
  /** `safe` by default. */
  readonly vary?: VaryMode;
  readonly dangerouslyAllowCredentials?: boolean;
  /** Send the reason of each decision in `x-bucket-cors-reason`, and the code of an error in `x-bucket-cors-code`. */
  readonly debugReason?: boolean;
  /** How long a source's rules are used before they are loaded again: seconds, or a text such as `5m`; `60s` by default. */
  readonly rulesTtl?: number | string;
  /** How long the last good rules stay in force while they cannot be loaded; `7d` by default; `0`: without a limit. */
  readonly maxStale?: number | string;
  /** Called with one line for each failed load and each document with warnings; `console.warn` by default. */
  readonly warn?: (line: string) => void;
}

export interface OwnAppConfig
  extends Pick<Config, 'store' | 'vary' | 'dangerouslyAllowCredentials' | 'debugReason'> {
  readonly rules: { readonly ruleSet: RuleSet; readonly warnings: readonly Fault[] } | Source;
  /** Milliseconds. */
  readonly rulesTtl: number;
  readonly maxStale: number;
  readonly warn: (line: string) => void;
}

const NAMES = [
  'store',
  'vary',
  'dangerouslyAllowCredentials',
  'debugReason',
  'rulesTtl',
  'maxStale',
] as const satisfies readonly (keyof Config)[];
const KNOWN: readonly string[] = ['rules', ...NAMES, 'warn'];
const RULES =
  'a document as text (JSON.stringify one that is parsed), a rule set {rules: […], responseVary: false}, or bucketSource(…) or urlSource(…)';

/** An address may contain a password, so no fault shows it. */
const ADDRESS = /^\s*\w[\w+.-]*:\/\//;

type Fields = Readonly<Record<string, unknown>>;

/** Checks all options at once. Throws an Error with one line for each fault, and the faults as its `cause`. */
export function readOwnApp(options: BucketCorsOptions): OwnAppConfig {
  const fields: Fields = isFields(options) ? options : {};
  const { given, faults } = takeOptions(fields);
  const read = readConfig(given);
  const rules = takeRules(fields.rules);
  const warn = takeWarn(fields.warn);
  const found = [...faults, ...faultsOf(read), ...faultsOf(rules), ...faultsOf(warn)];
  if (!read.ok || !rules.ok || !warn.ok || found.length > 0) {
    const lines = found.map((fault) => `  ${faultText(fault)}`);
    throw new Error(['bucketCors cannot be used with these options:', ...lines].join('\n'), { cause: found });
  }
  const { store, vary, dangerouslyAllowCredentials, debugReason, rulesTtl, maxStale } = read.value;
  const checked = { store, vary, dangerouslyAllowCredentials, debugReason, rulesTtl, maxStale };
  return { ...checked, rules: rules.value, warn: warn.value };
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function takeOptions(fields: Fields): { given: GivenOptions; faults: Fault[] } {
  const given: GivenOptions = {};
  const faults: Fault[] = [];
  for (const [place, value] of Object.entries(fields)) {
    const name = NAMES.find((known) => known === place);
    if (value === undefined) continue;
    if (name === undefined) {
      if (!KNOWN.includes(place)) {
        faults.push({ place, reason: 'is not an option', write: nearest(place, KNOWN) ?? KNOWN.join(', ') });
      }
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      given[name] = { place, text: String(value) };
    } else
      faults.push({
        place,
        reason: 'is not a text, number or boolean',
        write: 'a text, number or boolean, or leave it out',
      });
  }
  return { given, faults };
}

function takeRules(given: unknown): Result<OwnAppConfig['rules']> {
  if (given === undefined)
    return { ok: false, faults: [{ place: 'rules', reason: 'is missing', write: RULES }] };
  if (isSource(given)) return { ok: true, value: given };
  const read = readRules(given);
  if (read.ok) return { ok: true, value: { ruleSet: read.ruleSet, warnings: read.warnings } };
  return { ok: false, faults: read.faults.map((fault) => ({ ...fault, place: within(fault.place) })) };
}

const isSource = (given: unknown): given is Source =>
  isFields(given) && typeof given.load === 'function' && typeof given.name === 'string';

function readRules(given: unknown): Document | Refused {
  if (typeof given === 'string' && ADDRESS.test(given)) {
    const reason = 'is an address, not a document';
    return {
      ok: false,
      faults: [{ place: 'rules', reason, write: 'urlSource(…), which loads the document from there' }],
    };
  }
  if (typeof given === 'string') return readDocument(given, 'strict');
  if (isFields(given) && Array.isArray(given.rules)) return readRuleSet({ ...given, rules: given.rules });
  const reason = 'is neither a document nor a rule set nor a source';
  return { ok: false, faults: [{ place: 'rules', reason, write: RULES }] };
}

const takeWarn = (given: unknown): Result<OwnAppConfig['warn']> => {
  if (given === undefined) return { ok: true, value: (line) => console.warn(line) };
  if (typeof given === 'function') return { ok: true, value: (line) => void given(line) };
  const write = '(line) => console.warn(line)';
  return { ok: false, faults: [{ place: 'warn', reason: 'is not a function', write }] };
};

/** A place in the document as a place in the option. */
const within = (place: string): string => (place.startsWith('rules') ? place : `rules: ${place}`);
