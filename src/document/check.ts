import { checkRule } from './check-rule.ts';
import type { Document, Reading } from './fault.ts';
import { capped, type Findings, reportUnknown, singleValues } from './findings.ts';
import type { Raw } from './raw.ts';
import { responseVaryProblem } from './value.ts';

/** The limit of S3; OSS accepts fewer. More are a fault, or a warning in a store reading. */
const MAX_RULES = 100;
/** No store serves more than this: either reading refuses it. */
const MAX_STORE_RULES = 1000;

/**
 * Checks the values of a document in any form. A strict reading refuses the document for any fault; a store reading
 * drops invalid values with a warning. What it drops never allows a request that the store refuses:
 *
 * - Without an origin, method or header name its rule allows less. No value is shortened to fit: an entry with two `*`
 *   is dropped. A request that no longer matches the rule goes on to later rules, like any request (semantics.md §2);
 * - A rule without origins or methods matches no request, so dropping it changes no decision;
 * - Without an ExposeHeader scripts see one header less; `*` there would expose all of them, also in a form with one
 *   list for allowed and exposed headers;
 * - Without MaxAgeSeconds a browser caches a preflight for 5 seconds. The least of several values counts;
 * - A ResponseVary that is not `false` counts as `true`: a needless Vary costs cache hits, a missing one gives one
 *   origin's answer to another;
 * - `*` among the methods is the only value that is expanded, because the store means the five methods by it. A strict
 *   reading expands it too in a form that defines it.
 */
export function check(raw: Raw, reading: Reading): Document {
  const { form } = raw;
  const findings: Findings = { form, reading, faults: [...raw.faults], notes: [] };
  const { faults, notes } = findings;
  const place = form.rule === '' ? form.root : form.rule;
  const count = raw.rules.length;
  const tooMany = {
    place,
    value: String(count),
    reason: 'is too many rules',
    write: `at most ${MAX_RULES}`,
  };
  if (count > MAX_STORE_RULES) return { ok: false, faults: [tooMany] };
  if (count > MAX_RULES) faults.push(tooMany);
  if (reading === 'strict' && !form.mayBeEmpty && count === 0 && raw.faults.length === 0)
    faults.push({ place, reason: 'has no rule', write: 'at least one rule with an origin and a method' });

  const rules = raw.rules.flatMap((rule) => checkRule(rule, findings) ?? []);
  const varies = singleValues(raw.responseVary, responseVaryProblem, findings);
  const responseVary =
    varies.length < raw.responseVary.length || varies.some((value) => /^true$/i.test(value));
  const known = form.responseVary === undefined ? [place] : [place, form.responseVary];
  reportUnknown(raw.unknown, known, findings);

  if (raw.fatal.length > 0 || (reading === 'strict' && faults.length > 0))
    return { ok: false, faults: capped([...raw.fatal, ...faults], form.root) };
  return {
    ok: true,
    ruleSet: { rules, responseVary },
    warnings: capped([...faults, ...notes], form.root),
  };
}
