import type { CheckOptions } from '../analysis/check/context.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import { NO_RULES, type RuleSet } from '../cors/rule.ts';
import { readDocument, readRuleSet } from '../document/read.ts';
import { writeDocument } from '../document/write.ts';
import { toXml } from '../document/xml.ts';
import type { ConsoleRules, Draft, PlacedFinding, VersionDiff } from './api.ts';
import { fromConsole } from './console.ts';
import { differenceOf } from './difference.ts';
import { checked, noted, ofRules, placedFaults } from './placed.ts';

/** Where rules would be saved. */
export interface DraftOptions extends Omit<CheckOptions, 'placeOf' | 'bytes'> {
  /** The rules before; null: they are unknown, and nothing is compared. */
  readonly before: RuleSet | null;
  /** Returns why the place of the rules would refuse a document; null if it takes it. */
  readonly refusal?: (document: string) => string | null;
}

/** Rules that a person has written, and what they would mean. */
export interface Drafted {
  readonly draft: Draft;
  /** The document to save; null: the rules are deleted. Meaningless where the draft is refused. */
  readonly document: string | null;
}

/** Reads rules as strictly as a document, checks them, and compares them with those before. */
export function draftOf(given: ConsoleRules, options: DraftOptions): Drafted {
  const read = readRuleSet(fromConsole(given));
  if (!read.ok) return refused(placedFaults(read.faults));
  const { ruleSet } = read;
  const { before, refusal, ...check } = options;
  if (ruleSet.rules.length === 0) return withoutRules(ruleSet, options);
  const written = writeDocument(ruleSet, 'xml', { store: options.behaviour.dialect });
  if (!written.ok) return refused(placedFaults(written.faults));
  const { text } = written.value;
  const again = readDocument(text, 'strict');
  if (!again.ok) return refused(noted(again.faults));
  const found = checked(ruleSet, { ...check, bytes: new TextEncoder().encode(text).length });
  const because = refusal?.(text) ?? null;
  if (because !== null) return refused([refusalOf(because), ...found]);
  const difference = differenceFrom(before, again.ruleSet, options.behaviour);
  return { draft: { ...difference, isRefused: false, findings: found, document: text }, document: text };
}

/** No store takes a document without a rule: the rules are deleted, and nothing says ResponseVary. */
function withoutRules({ responseVary }: RuleSet, { before, behaviour }: DraftOptions): Drafted {
  if (responseVary) {
    const reason = 'has no meaning without a rule: no document without rules is stored';
    return refused([
      ofRules({ severity: 'error', field: 'varyOrigin', value: 'true', reason, write: 'false, or a rule' }),
    ]);
  }
  const difference = differenceFrom(before, NO_RULES, behaviour);
  const draft: Draft = { ...difference, isRefused: false, findings: [], document: toXml(NO_RULES) };
  return { draft, document: null };
}

const differenceFrom = (before: RuleSet | null, after: RuleSet, behaviour: Behaviour): VersionDiff =>
  before === null ? { changes: [], complete: false } : differenceOf(before, after, behaviour);

const refusalOf = (because: string): PlacedFinding =>
  ofRules({ severity: 'error', reason: `would be refused: ${because}`, write: 'rules that it takes' });

const refused = (findings: readonly PlacedFinding[]): Drafted => ({
  draft: { changes: [], complete: true, isRefused: true, findings, document: null },
  document: null,
});
