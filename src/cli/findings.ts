import { checkRules } from '../analysis/check/check.ts';
import type { Domains } from '../analysis/check/domains.ts';
import type { Finding } from '../analysis/check/finding.ts';
import type { Rule } from '../cors/rule.ts';
import { SEVERITIES, type Severity } from '../document/codes.ts';
import type { Fault } from '../document/fault.ts';
import { readDocument } from '../document/read.ts';
import type { Opened } from './sources/opened.ts';

/** A finding with its place in the text. */
export interface Reported extends Finding {
  /** From 1; absent if there is no text, or the place has no line. */
  readonly line?: number;
}

/** What is found about a document. */
export interface Found {
  readonly findings: readonly Reported[];
  /** The rules that were checked; null if the document cannot be read at all. */
  readonly rules: readonly Rule[] | null;
}

/**
 * Everything that is found about a document, in the order of its lines: faults and warnings of its form, then what the
 * rules mean. A document that a strict reading refuses is checked as far as a store would read it.
 */
export function findingsOf(opened: Opened, domains: Domains): Found {
  const { document, reported } = opened;
  const faults = document.ok ? document.warnings : document.faults;
  // The places in an edge's answer are not those in the document that it loaded, which its own warnings name.
  const ofForm = reported === undefined ? faults : reported.filter(isOfForm);
  const readable = document.ok ? document : readDocument(opened.text, 'store');
  const found = [
    ...ofForm,
    ...(document.ok || !readable.ok ? [] : readable.warnings),
    ...(readable.ok
      ? checkRules(readable.ruleSet, {
          behaviour: opened.behaviour,
          placeOf: readable.placeOf,
          domains,
          ...(opened.bytes !== undefined && { bytes: opened.bytes }),
        })
      : []),
  ].map(finding);
  const once = new Map<string, Finding>();
  for (const one of found) {
    const key = JSON.stringify([one.code, one.place]);
    if (!once.has(key)) once.set(key, one);
  }
  const hasLines = reported === undefined;
  const findings = [...once.values()]
    .map((one) => ({ ...one, ...lineAt(hasLines ? readable.lineOf(one.place) : undefined) }))
    .sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  return { findings, rules: readable.ok ? readable.ruleSet.rules : null };
}

const lineAt = (line: number | undefined) => (line === undefined ? {} : { line });

/** BC0: the form of the document and its values. What the rules mean is found again. */
const isOfForm = ({ code }: Fault): boolean => code === undefined || code.startsWith('BC0');

/** A fault of the form concerns no rule that could be rewritten. */
const finding = (fault: Fault & Partial<Finding>): Finding => {
  const code = fault.code ?? 'BC001';
  return { ...fault, code, severity: fault.severity ?? SEVERITIES[code], rule: fault.rule ?? null };
};

const RANKS: readonly Severity[] = ['note', 'warning', 'error'];

/** Whether a finding is at least as severe as `least`. */
export const counts = ({ severity }: Finding, least: Severity): boolean =>
  RANKS.indexOf(severity) >= RANKS.indexOf(least);
