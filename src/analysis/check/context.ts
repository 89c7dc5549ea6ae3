import type { Behaviour } from '../../cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import type { Rule, RuleSet } from '../../cors/rule.ts';
import type { Code, Severity } from '../../document/codes.ts';
import { type Field, XML } from '../../document/forms.ts';
import { type Model, type ModelledRules, modelOf } from '../model.ts';
import { type Reach, reachIn } from '../reach.ts';
import { type Domains, LAST_LABEL } from './domains.ts';
import type { PlaceOf } from './finding.ts';
import type { OriginProblem } from './origin-form.ts';
import { originProblem } from './origin-problem.ts';
import { hasSecret } from './shown.ts';

export interface CheckOptions {
  readonly behaviour: Behaviour;
  /** Where values stand in the document; by default in the names of the XML. */
  readonly placeOf?: PlaceOf;
  /** What is known of domain names; by default the last label alone is taken for a public suffix. */
  readonly domains?: Domains;
  /** The size of the document. */
  readonly bytes?: number;
}

/** What the checks look at. */
export interface Context {
  readonly ruleSet: RuleSet;
  readonly behaviour: Behaviour;
  readonly compiled: CompiledRules;
  readonly placeOf: PlaceOf;
  readonly bytes: number | undefined;
  /** The first problem of an origin. Looked for once for each origin. */
  readonly problemOf: (origin: string) => OriginProblem | undefined;
  /** Numbers of the rules that contain a secret: no finding shows them whole. */
  readonly withSecret: () => ReadonlySet<number>;
  /** The classes of origins and headers. Built at the first call. */
  readonly model: () => Model;
  /** The rules, seen through the model. */
  readonly modelled: () => ModelledRules | undefined;
  /** What reaches each rule; empty if there are too many classes to find every request. */
  readonly reach: () => readonly Reach[];
}

/** A finding before its code and its place are added. */
export interface Draft {
  /** Counted from 1; null for the rule set. */
  readonly rule: number | null;
  readonly field?: Field | 'responseVary';
  /** Of a value in a list, from 0. */
  readonly index?: number;
  readonly value?: string;
  readonly reason: string;
  readonly write: string;
  readonly rewritten?: Rule | null;
  /** Where it differs from the code's. */
  readonly severity?: Severity;
}

export type Check = (context: Context) => Iterable<Draft>;

/** The checks of one family, by code. */
export type Checks<C extends Code> = Readonly<Record<C, Check>>;

export function contextOf(ruleSet: RuleSet, options: CheckOptions): Context {
  const compiled = compileRules(ruleSet, options.behaviour);
  const model = once(() => modelOf([compiled]));
  const modelled = () => model().sets[0];
  const domains = options.domains ?? LAST_LABEL;
  return {
    ruleSet,
    behaviour: options.behaviour,
    compiled,
    placeOf: options.placeOf ?? xmlPlace,
    bytes: options.bytes,
    problemOf: remembered((origin) => originProblem(origin, domains)),
    withSecret: once(() => rulesWithSecret(ruleSet)),
    model,
    modelled,
    reach: once(() => {
      const set = modelled();
      return set === undefined || !model().complete ? [] : reachIn(model(), set);
    }),
  };
}

/** Each rule with its number. */
export const numbered = ({ ruleSet }: Context): readonly (readonly [rule: Rule, number: number])[] =>
  ruleSet.rules.map((rule, at) => [rule, at + 1]);

const rulesWithSecret = ({ rules }: RuleSet): ReadonlySet<number> =>
  new Set(rules.flatMap(({ allowedOrigins }, at) => (allowedOrigins.some(hasSecret) ? [at + 1] : [])));

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, { readonly value: T }>();
  return (key) => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
}

const xmlPlace: PlaceOf = (rule, field, index) => {
  if (rule === null) return field === 'responseVary' ? (XML.responseVary ?? XML.root) : XML.root;
  const place = `${XML.rule}[${rule}]`;
  if (field === undefined || field === 'responseVary') return place;
  const name = `${place}/${XML.fields[field]}`;
  return index === undefined ? name : `${name}[${index}]`;
};
