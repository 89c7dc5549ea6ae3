import { judge } from '../../analysis/browser/judge.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { decide, type Facts } from '../../cors/decide.ts';
import { outcomeOf } from '../../export/outcome.ts';
import {
  actualFacts,
  type Case,
  judgePreflight,
  judgeRead,
  mainOf,
  preflightFacts,
  readsHere,
} from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { frontFault } from '../fault.ts';
import type { Kind } from '../finding.ts';
import { type Answered, isRedirect } from '../transcript.ts';

/** A request of the page, the answer, and whether a browser accepts it. */
interface Compared {
  readonly facts: Facts;
  readonly answered: Answered;
  readonly passes: boolean;
}

/** The preflight and the request of the page, as far as they have answers that CORS is about. */
function comparedOf(one: Case): readonly Compared[] {
  const [main, preflight, judged] = [mainOf(one), one.at('preflight'), judgePreflight(one)];
  const compared: Compared[] = [];
  if (preflight !== null && judged !== null && !isRedirect(preflight)) {
    compared.push({ facts: preflightFacts(one), answered: preflight, passes: judged.passes });
  }
  if (readsHere(one) && main !== null && !isRedirect(main)) {
    compared.push({ facts: actualFacts(one), answered: main, passes: judgeRead(one, main).passes });
  }
  return compared;
}

export const RULES = {
  wider_than_rules: {
    severity: 'error',
    title: 'The answer allows what the rules of the bucket refuse',
    meaning:
      'Another program decides: it lets pages read or write that the rules do not list. A change of the rules changes nothing here.',
    cure: 'Let what stands in front write the headers of the rules: bucket-cors reads them, and bucket-cors export writes them as a configuration.',
    topic: 'allow',
    find: (one) => {
      const { rules } = one;
      if (rules === null || rules.state !== 'known') return null;
      const wide = comparedOf(one).filter(
        ({ facts, passes }) => passes && decide(rules, facts).rule === null,
      );
      if (wide.length === 0) return null;
      return {
        evidence: wide.map(({ answered }) => evidenceOf(answered)),
        fault: frontFault(one, 'It answers, and not by these rules'),
      };
    },
  },
  exposes_less: {
    severity: 'warning',
    title: 'Scripts can read less than the rules expose',
    meaning:
      'The rule lists headers in ExposeHeader, and the answer does not: response.headers.get(…) gives null.',
    cure: 'Pass Access-Control-Expose-Headers of the bucket on, or write it as the rules say; purge older copies.',
    topic: 'expose',
    find: (one) => {
      const { rules } = one;
      if (rules === null) return null;
      const actual = comparedOf(one).find(({ facts, passes }) => passes && facts.method !== 'OPTIONS');
      if (actual === undefined) return null;
      const missing = hiddenBy(one, rules, actual);
      if (missing.length === 0) return null;
      return {
        evidence: [evidenceOf(actual.answered, ['Access-Control-Expose-Headers'])],
        fault: frontFault(one, 'It does not pass the header on'),
        detail: `The rules expose ${missing.join(', ')}.`,
      };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** What scripts can read by the rules, and not by the answer. */
function hiddenBy(one: Case, rules: CompiledRules, { facts, answered }: Compared): readonly string[] {
  const { origin, credentials } = one.question;
  const expected = outcomeOf(rules, facts);
  const page = { origin, method: 'GET', headers: [], credentials };
  const asked = judge(page, { preflight: { status: 200, headers: [] }, actual: expected }).readable;
  const got = judgeRead(one, answered).readable;
  return asked === '*' || got === '*' ? [] : asked.filter((name) => !got.includes(name));
}
