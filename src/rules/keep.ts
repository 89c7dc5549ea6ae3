import type { Rule, RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import { idProblem, LIST_CHECKS, maxAgeProblem, trimmed } from '../document/value.ts';
import type { LastGood } from './ledger.ts';
import { versionOf } from './version.ts';

/** Where last good rules outlive the process. */
export interface Keep {
  /** What was kept last; null when nothing is, or when it can't be used (a warning has been told). Never rejects. */
  read(bucket: string): Promise<LastGood | null>;
  /**
   * How far the stored record has come, at less cost than reading it; null where there is none, or where the last read
   * found a fault. A place that is slow or billed may answer from memory unless it is asked `fresh`. Never rejects.
   */
  peek(bucket: string, fresh: boolean): Promise<RecordHead | null>;
  /** Never rejects; what could not be written is missing at the next look. */
  write(bucket: string, record: LastGood): Promise<void>;
}

/** The beginning of a record. */
export type RecordHead = Pick<LastGood, 'version' | 'confirmedAt'>;

/** What is longer was not written here: no document that is read makes half as much, its warnings included. */
export const MAX_KEPT_BYTES = 1_048_576;

/** Counted up when a reader of the one before could take the text for something else. */
const FORMAT = 1;
const LATEST_DATE = 8.64e15;
const OUTCOMES = ['rules', 'none', 'missing'] as const;
const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const;

/** Last good rules as JSON text, with the name of their bucket and a format number. */
export function encodeKept(bucket: string, kept: LastGood): string {
  const { outcome, version, loadedAt, confirmedAt, ruleSet, warnings } = kept;
  return `${JSON.stringify({ format: FORMAT, bucket, outcome, version, loadedAt, confirmedAt, ruleSet, warnings })}\n`;
}

const headStart = (bucket: string): string =>
  `{"format":${FORMAT},"bucket":${JSON.stringify(bucket)},"outcome":"`;

const HEAD_REST =
  /^(?:rules|none|missing)","version":"([0-9a-f]{16})","loadedAt":\d{1,16}(?:\.\d+)?,"confirmedAt":(\d{1,16}(?:\.\d+)?),/;

/** So many bytes of a record are enough for `headOf`. */
export const headBytes = (bucket: string): number => new TextEncoder().encode(headStart(bucket)).length + 160;

/** The head of a text that begins as `encodeKept` would have it for this bucket; null for any other. */
export function headOf(bucket: string, text: string): RecordHead | null {
  const start = headStart(bucket);
  const [, version, confirmedAt] = (text.startsWith(start) && HEAD_REST.exec(text.slice(start.length))) || [];
  return version === undefined ? null : { version, confirmedAt: Number(confirmedAt) };
}

/**
 * Takes text that `encodeKept` should have written for this bucket, and trusts none of it: every value is held to
 * what a document may say, and the version to the rules. Never rejects; `fault` ends a sentence that names the text.
 */
export async function decodeKept(bucket: string, text: string): Promise<LastGood | { fault: string }> {
  if (new TextEncoder().encode(text).length > MAX_KEPT_BYTES)
    return { fault: `over ${MAX_KEPT_BYTES} bytes` };
  const kept = parsed(text);
  if (!isFields(kept)) return { fault: 'not whole: it is no JSON object' };
  if (kept.format !== FORMAT) return { fault: `not of format ${FORMAT}` };
  if (kept.bucket !== bucket) return { fault: 'about another bucket' };
  const outcome = OUTCOMES.find((known) => known === kept.outcome);
  if (outcome === undefined) return { fault: `without an outcome (${OUTCOMES.join(', ')})` };
  const { version, loadedAt, confirmedAt } = kept;
  if (!isTime(loadedAt) || !isTime(confirmedAt)) {
    return { fault: 'without times that can be: loadedAt and confirmedAt, in milliseconds since 1970' };
  }
  const ruleSet = ruleSetOf(kept.ruleSet);
  if (ruleSet === null) return { fault: 'without a rule set that can be' };
  if (outcome !== 'rules' && (ruleSet.rules.length > 0 || ruleSet.responseVary)) {
    return { fault: `at odds with itself: outcome ${outcome}, yet rules` };
  }
  const warnings = warningsOf(kept.warnings);
  if (warnings === null) return { fault: 'without a list of warnings' };
  if (typeof version !== 'string' || version !== (await versionOf(ruleSet, outcome))) {
    return { fault: 'changed since it was written: its version is not that of its rules' };
  }
  // The clock of the machine that wrote it may have been set back in between.
  return { outcome, ruleSet, version, warnings, loadedAt: Math.min(loadedAt, confirmedAt), confirmedAt };
}

/** Waits for `work`, which goes on by itself, at most so long; rejects then. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the first of failures in a row: a full disk or a lost server must not fill the log. */
export function firstOfRow(warn: (message: string) => void) {
  let failing = false;
  return {
    failed(message: string): void {
      if (!failing) warn(message);
      failing = true;
    },
    worked(): void {
      failing = false;
    },
  };
}

/** Warns of a fault in a bucket's stored record once, until it is another or is gone: a store that is down has it read often. */
export function faultsOnce(warn: (message: string) => void) {
  const faults = new Map<string, string>();
  return {
    found(bucket: string, message: string): void {
      if (faults.get(bucket) !== message) warn(message);
      faults.set(bucket, message);
    },
    gone: (bucket: string): boolean => faults.delete(bucket),
    has: (bucket: string): boolean => faults.has(bucket),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
    warnings.push({ place, ...(found === undefined ? {} : { value: found }), reason, write });
  }
  return warnings;
}

const isFault = (value: unknown): value is Fault =>
  isFields(value) &&
  [value.place, value.reason, value.write].every((text) => typeof text === 'string') &&
  (value.value === undefined || typeof value.value === 'string');
