import type { Behaviour } from '../../cors/behaviour.ts';
import { compileRules } from '../../cors/compile.ts';
import type { Rule, RuleSet } from '../../cors/rule.ts';
import { type Difference, diffRules } from '../diff.ts';
import { draftsOf, findingOf, RULE_CODES, type RuleCode } from './check.ts';
import { type CheckOptions, contextOf, type Draft } from './context.ts';
import type { Finding } from './finding.ts';
import { isForbiddenName } from './headers.ts';

/** A finding that stays, and why. */
export interface Left extends Finding {
  readonly why: string;
}

export interface Fixed {
  readonly ruleSet: RuleSet;
  /** The findings that are corrected; places are those of the rules before. */
  readonly fixed: readonly Finding[];
  /** The others of the rules before. */
  readonly left: readonly Left[];
}

/** A kind of finding whose correction leaves every answer the same. */
interface Fix {
  readonly code: RuleCode;
  /** Which findings of the code; all without it. */
  readonly covers?: (draft: Draft) => boolean;
  /** Which differences the correction may make; without it, no difference. */
  readonly may?: (difference: Difference) => boolean;
}

/** In this order: what one removes makes others useless. */
const FIXES: readonly Fix[] = [
  {
    code: 'BC202',
    covers: ({ value }) => isForbiddenName(value ?? ''),
    // The sets of names that lack the removed ones are decided as before, so each difference asks for one of them.
    may: ({ kind, headers }) => kind === 'preflight' && headers.some(isForbiddenName),
  },
  { code: 'BC302' },
  { code: 'BC301' },
  { code: 'BC303' },
];

/**
 * Corrects what can be corrected without another answer to any request that browsers send: it removes duplicates, covered
 * entries, rules that are never reached, and names of headers that pages cannot set. Each removal is proved by a diff of
 * the rules before and after, with `dangerouslyAllowCredentials` and without it; without a proof it is left.
 */
export function fixRules(ruleSet: RuleSet, options: CheckOptions): Fixed {
  let current = ruleSet;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = FIXES.reduce((rules, fix) => applied(fix, rules, options), current);
    if (next === current) break;
    current = next;
  }
  return { ruleSet: current, ...sorted(ruleSet, current, options) };
}

/** A removal can make further ones possible: a rule without its last own header name is never reached. */
const MOST_ROUNDS = 5;

function applied(fix: Fix, ruleSet: RuleSet, options: CheckOptions): RuleSet {
  const drafts = draftsOf(fix.code, contextOf(ruleSet, options)).filter(fix.covers ?? (() => true));
  if (drafts.length === 0) return ruleSet;
  const corrected = correct(ruleSet, drafts);
  return isProved(fix, ruleSet, corrected, options) ? corrected : ruleSet;
}

function correct(ruleSet: RuleSet, drafts: readonly Draft[]): RuleSet {
  const rewritten = new Map<number, Rule | null>();
  for (const draft of drafts) {
    if (draft.rule === null || draft.rewritten === undefined || rewritten.get(draft.rule) === null) continue;
    rewritten.set(draft.rule, draft.rewritten);
  }
  const rules = ruleSet.rules.flatMap((rule, at) => {
    const replaced = rewritten.get(at + 1);
    return replaced === undefined ? [rule] : replaced === null ? [] : [replaced];
  });
  return { ...ruleSet, rules };
}

function isProved({ may }: Fix, before: RuleSet, after: RuleSet, { behaviour }: CheckOptions): boolean {
  return behavioursOf(behaviour).every((one) => {
    const { differences, complete } = diffRules(compileRules(before, one), compileRules(after, one));
    return (
      complete && differences.every((difference) => meansTheSame(difference) || may?.(difference) === true)
    );
  });
}

/** Edges with the option and without it can use the same rules. Only OSS heeds it. */
const behavioursOf = (behaviour: Behaviour): readonly Behaviour[] =>
  behaviour.dialect === 'oss'
    ? [false, true].map((dangerouslyAllowCredentials) => ({ ...behaviour, dangerouslyAllowCredentials }))
    : [behaviour];

/** Whether the headers differ only in repeated items of their lists. */
function meansTheSame({ before, after }: Difference): boolean {
  return meaningOf(before.headers) === meaningOf(after.headers);
}

const meaningOf = (headers: readonly string[]): string =>
  headers
    .map((text, at) =>
      at % 2 === 0 ? text : [...new Set(text.split(', ').map((item) => item.toLowerCase()))].join(),
    )
    .join('\n');

function sorted(before: RuleSet, after: RuleSet, options: CheckOptions): Omit<Fixed, 'ruleSet'> {
  const [was, is] = [contextOf(before, options), contextOf(after, options)];
  const fixed: Finding[] = [];
  const left: Left[] = [];
  for (const code of RULE_CODES) {
    const fix = FIXES.find((one) => one.code === code);
    const isFixable = (draft: Draft) => fix !== undefined && (fix.covers?.(draft) ?? true);
    const isLeft = fix !== undefined && draftsOf(code, is).some(isFixable);
    for (const draft of draftsOf(code, was)) {
      const finding = findingOf(code, draft, was);
      if (isFixable(draft) && !isLeft) fixed.push(finding);
      else left.push({ ...finding, why: whyLeft(code, isFixable(draft)) });
    }
  }
  return { fixed, left };
}

/** Codes whose correction accepts origins, methods or headers that are refused now, or exposes more. */
const WIDENS: ReadonlySet<RuleCode> = new Set<RuleCode>([
  'BC101',
  'BC102',
  'BC103',
  'BC104',
  'BC106',
  'BC110',
  'BC201',
  'BC203',
  'BC204',
]);

function whyLeft(code: RuleCode, isFixable: boolean): string {
  if (isFixable) return 'the rules have too many patterns to prove that no answer changes';
  return WIDENS.has(code)
    ? 'the correction would allow more: decide yourself'
    : 'the correction would change answers: decide yourself';
}
