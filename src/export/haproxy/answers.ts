import * as headers from '../../cors/names.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { matchesNull } from '../planned.ts';
import { type Names, namedOf, sharedBy } from './conditions.ts';
import { linesOf, quote, quoteFormat } from './quote.ts';
import type { Part } from './requests.ts';

const set = (header: string, value: string): string => `http-after-response set-header ${header} ${value}`;

/** Writes one set of CORS headers on every answer, also those of HAProxy's own, and on preflights. */
export function answersPart(plan: Plan, names: Names): Part {
  const each = (header: string, of: (planned: PlannedRule) => string | null) =>
    [...Map.groupBy(plan.rules, of)].flatMap(([value, same]) =>
      value === null
        ? []
        : ifRule(plan, same, names).map((condition) => `${set(header, value)} if ${condition}`),
    );
  return {
    about: "One set of CORS headers on every answer, also on errors and on HAProxy's own answers.",
    lines: [
      'http-after-response del-header Access-Control- -m beg',
      ...each(headers.ALLOW_ORIGIN, ({ allowOrigin }) =>
        allowOrigin === '*' ? '*' : `%[var(${names.origin})]`,
      ),
      ...each(headers.ALLOW_METHODS, ({ rule }) => quoteFormat(rule.allowMethods)),
      ...allowHeaders(plan, names),
      ...each(headers.EXPOSE_HEADERS, ({ rule }) => rule.exposeHeaders && quoteFormat(rule.exposeHeaders)),
      ...each(headers.MAX_AGE, ({ rule }) => rule.maxAge),
      ...credentials(plan, names),
    ],
  };
}

/** Conditions, each for a line of its own, that one of these rules applies. */
function ifRule(plan: Plan, some: readonly PlannedRule[], { rule, found }: Names): readonly string[] {
  if (some.length === plan.rules.length) return [found];
  const numbers = some.map((one) => one.rule.number);
  return linesOf(numbers.map(String)).map((line) => `{ var(${rule}) -m int ${line} }`);
}

function allowHeaders(plan: Plan, { requested, found }: Names): readonly string[] {
  const lists = plan.rules.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
  if (!lists) return [];
  const value = quote(`%[var(${requested}),regsub(',$',''),regsub(',',', ',g)]`);
  return [`${set(headers.ALLOW_HEADERS, value)} if ${found} { var(${requested}) -m found }`];
}

/** Never for `null`. */
function credentials(plan: Plan, names: Names): readonly string[] {
  const conditionOf = (planned: PlannedRule): string | null => {
    if (planned.credentials === 'none') return null;
    if (planned.credentials === 'exact' && planned.exact.length === 0) return null;
    const named = namedOf(planned) === null ? '' : ` ${names.named(sharedBy(plan, planned, namedOf))}`;
    return `${named}${matchesNull(planned) ? ` !{ var(${names.origin}) -m str null }` : ''}`;
  };
  return [...Map.groupBy(plan.rules, conditionOf)].flatMap(([condition, same]) =>
    condition === null
      ? []
      : ifRule(plan, same, names).map(
          (rule) => `${set(headers.ALLOW_CREDENTIALS, 'true')} if ${rule}${condition}`,
        ),
  );
}

/** Lines of a Vary that are joined; a bucket with more has them unchanged. */
const VARY_LINES = [1, 2, 3, 4] as const;
const HAS_LINES = `if { res.fhdr_cnt(vary) ${VARY_LINES[0]}:${VARY_LINES.length} }`;
/** Elements of a list, each with its comma before it, that are `Origin` or empty. */
const ORIGIN_ELEMENTS = ',[[:blank:]]*+(origin[[:blank:]]*+)?(?=,|$)';

/** A cache in the frontend stores the answer before `http-after-response`, and its hits do not pass this section. */
export const OWN_PART: Part = {
  about: "The bucket's own CORS headers go, and Origin in its Vary: it does not get Origin.",
  lines: [
    'http-response del-header Access-Control- -m beg',
    `http-response set-header Vary ${quote(VARY_LINES.map((line) => `, %[res.fhdr(vary,${line})]`).join(''))} ${HAS_LINES}`,
    `http-response set-header Vary ${quote(`%[res.fhdr(vary),regsub('${ORIGIN_ELEMENTS}','',gi),regsub('^,[[:blank:]]*','')]`)} ${HAS_LINES}`,
    'http-response del-header Vary unless { res.fhdr(vary) -m len 1: }',
  ],
};

/** What the answer varies on. */
export function varyPart(plan: Plan, { method }: Names): Part {
  const varies = plan.methods.filter(({ variesByOrigin }) => variesByOrigin).map((one) => one.method);
  const isEach = plan.otherMethod.variesByOrigin && varies.length === METHODS.length;
  const listed = isEach ? '' : ` { var(${method}) -m str ${varies.join(' ')} }`;
  return {
    about: 'What the answer varies on.',
    lines: [
      ...(varies.length === 0
        ? []
        : [
            `http-after-response add-header Vary Origin if !METH_OPTIONS !{ res.hdr(vary) -m str * }${listed}`,
          ]),
      `${set('Vary', quote(plan.preflightVary.join(', ')))} if METH_OPTIONS`,
    ],
  };
}
