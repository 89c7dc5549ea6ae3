import type { Rule, RuleSet } from '../cors/rule.ts';
import { SEVERITIES } from '../document/codes.ts';
import type { Fault } from '../document/fault.ts';
import { isFields } from '../document/fields.ts';
import { idProblem, LIST_CHECKS, maxAgeProblem, trimmed } from '../document/value.ts';
import { versionOf } from './version.ts';

/**
 * The newest rules that a source answered with. Times are epoch milliseconds of the wall clock: they are stored and
 * shown, but no duration is measured by them.
 */
export interface LastGood {
  readonly outcome: 'rules' | 'none' | 'missing';
  readonly ruleSet: RuleSet;
  readonly version: string;
  readonly warnings: readonly Fault[];
  /** When a load first found this version. */
  readonly loadedAt: number;
  /** When a load last found it. */
  readonly confirmedAt: number;
}

/** The beginning of a stored copy. */
export type CopyHead = Pick<LastGood, 'version' | 'confirmedAt'>;

/** The limit of a stored copy. Ours are at most half as long, warnings included: anything longer is not ours. */
export const MAX_COPY_BYTES = 1_048_576;

/** Incremented when a reader of the previous format could misread the text. */
const FORMAT = 1;
const LATEST_DATE = 8.64e15;
const SEVERITY_NAMES: readonly unknown[] = ['error', 'warning', 'note'];
const OUTCOMES = ['rules', 'none', 'missing'] as const;
const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const;

/** The stored copy of last good rules: JSON text with the key of their bucket and a format number. */
export function encodeLastGood(bucket: string, lastGood: LastGood): string {
  const { outcome, version, loadedAt, confirmedAt, ruleSet, warnings } = lastGood;
  return `${JSON.stringify({ format: FORMAT, bucket, outcome, version, loadedAt, confirmedAt, ruleSet, warnings })}\n`;
}

const headStart = (bucket: string): string =>
  `{"format":${FORMAT},"bucket":${JSON.stringify(bucket)},"outcome":"`;

const HEAD_REST =
  /^(?:rules|none|missing)","version":"([0-9a-f]{16})","loadedAt":\d{1,16}(?:\.\d+)?,"confirmedAt":(\d{1,16}(?:\.\d+)?),/;

/** How many bytes of a stored copy `headOf` needs. */
export const headBytes = (bucket: string): number => new TextEncoder().encode(headStart(bucket)).length + 160;

/** The head of a copy that `encodeLastGood` wrote for this bucket; null for any other text. */
export function headOf(bucket: string, text: string): CopyHead | null {
  const start = headStart(bucket);
  const [, version, confirmedAt] = (text.startsWith(start) && HEAD_REST.exec(text.slice(start.length))) || [];
  return version === undefined ? null : { version, confirmedAt: Number(confirmedAt) };
}

/**
 * Reads a copy that `encodeLastGood` should have written for this bucket. The text is not trusted: every value has to
 * pass the checks of a rules document, and the version has to match the rules. Never rejects; `fault` completes the
 * sentence "… is".
 */
export async function decodeLastGood(bucket: string, text: string): Promise<LastGood | { fault: string }> {
  if (new TextEncoder().encode(text).length > MAX_COPY_BYTES)
    return { fault: `over ${MAX_COPY_BYTES} bytes` };
  const copy = parsed(text);
  if (!isFields(copy)) return { fault: 'incomplete: it is not a JSON object' };
  if (copy.format !== FORMAT) return { fault: `not of format ${FORMAT}` };
  if (copy.bucket !== bucket) return { fault: 'about another bucket' };
  const outcome = OUTCOMES.find((known) => known === copy.outcome);
  if (outcome === undefined) return { fault: `without an outcome (${OUTCOMES.join(', ')})` };
  const { version, loadedAt, confirmedAt } = copy;
  if (!isTime(loadedAt) || !isTime(confirmedAt)) {
    return { fault: 'without valid times: loadedAt and confirmedAt, in milliseconds since 1970' };
  }
  const ruleSet = ruleSetOf(copy.ruleSet);
  if (ruleSet === null) return { fault: 'without a valid rule set' };
  if (outcome !== 'rules' && (ruleSet.rules.length > 0 || ruleSet.responseVary)) {
    return { fault: `contradictory: outcome ${outcome}, yet rules` };
  }
  const warnings = warningsOf(copy.warnings);
  if (warnings === null) return { fault: 'without a list of warnings' };
  if (typeof version !== 'string' || version !== (await versionOf(ruleSet, outcome))) {
    return { fault: 'changed since it was written: its version does not match its rules' };
  }
  // The writer's clock may have been set back between the two times.
  return { outcome, ruleSet, version, warnings, loadedAt: Math.min(loadedAt, confirmedAt), confirmedAt };
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LATEST_DATE;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ruleSetOf(value: unknown): RuleSet | null {
  if (!isFields(value) || !Array.isArray(value.rules) || typeof value.responseVary !== 'boolean') return null;
  const rules: Rule[] = [];
  for (const given of value.rules) {
    if (!isRule(given)) return null;
    const { id, allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders, maxAgeSeconds } = given;
    rules.push({
      ...(id === undefined ? {} : { id }),
      allowedOrigins,
      allowedMethods,
      allowedHeaders,
      exposeHeaders,
      ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    });
  }
  return { rules, responseVary: value.responseVary };
}

function isRule(value: unknown): value is Rule {
  if (!isFields(value)) return false;
  const { id, maxAgeSeconds, allowedOrigins, allowedMethods } = value;
  return (
    LISTS.every((list) => isListOf(value[list], (entry) => LIST_CHECKS[list](entry) === undefined)) &&
    !isEmpty(allowedOrigins) &&
    !isEmpty(allowedMethods) &&
    (id === undefined || (typeof id === 'string' && idProblem(id) === undefined)) &&
    (maxAgeSeconds === undefined ||
      (typeof maxAgeSeconds === 'number' && maxAgeProblem(String(maxAgeSeconds)) === undefined))
  );
}

const isListOf = (value: unknown, test: (entry: string) => boolean): boolean =>
  Array.isArray(value) &&
  value.every((entry) => typeof entry === 'string' && trimmed(entry) === entry && test(entry));

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function warningsOf(value: unknown): readonly Fault[] | null {
  if (!Array.isArray(value)) return null;
  const warnings: Fault[] = [];
  for (const given of value) {
    if (!isFault(given)) return null;
    const { place, value: found, reason, write } = given;
    warnings.push({
      ...kindOf(given),
      place,
      ...(found === undefined ? {} : { value: found }),
      reason,
      write,
    });
  }
  return warnings;
}

/** A kind that this version knows. A newer one may store others, and its rules are right all the same. */
function kindOf({ code, severity }: Fault): Pick<Fault, 'code' | 'severity'> {
  const known = code !== undefined && Object.hasOwn(SEVERITIES, code);
  return {
    ...(known && { code }),
    ...(severity !== undefined && SEVERITY_NAMES.includes(severity) && { severity }),
  };
}

const isFault = (value: unknown): value is Fault =>
  isFields(value) &&
  [value.place, value.reason, value.write].every((text) => typeof text === 'string') &&
  (value.value === undefined || typeof value.value === 'string');
