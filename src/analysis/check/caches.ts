import { answer } from '../../cors/answer.ts';
import type { CompiledRule } from '../../cors/compile.ts';
import { decide } from '../../cors/decide.ts';
import type { Method } from '../../cors/rule.ts';
import { missingGrants } from '../grants.ts';
import { actualRequest } from '../table.ts';
import type { Checks, Context, Draft } from './context.ts';
import { isLoopback } from './domains.ts';

/** The checks of what shared caches make of the answers. */
export const CACHES: Checks<'BC401' | 'BC402' | 'BC403'> = {
  BC401: constantBehindOthers,
  BC402: noResponseVary,
  BC403: getUnlikeHead,
};

/** The methods whose responses shared caches store. */
const CACHED: readonly Method[] = ['GET', 'HEAD'];

/**
 * A rule that lists `*` makes the answer the same for every origin only if it is the first that lists the method
 * (semantics.md §4). Reported only where the change takes nothing from a page: the rules in front grant no credentials.
 */
function* constantBehindOthers(context: Context): Generator<Draft> {
  const { rules, constants } = context.compiled;
  const reported = new Set<number>();
  for (const method of CACHED) {
    if (constants.get(method) !== 'depends') continue;
    const wide = rules.find(({ methods, origins }) => methods.has(method) && origins.any);
    if (wide === undefined || reported.has(wide.number)) continue;
    const front = rules.filter((rule) => rule.number < wide.number && sharesMethod(rule, wide));
    if (front.some((rule) => grantsCredentials(context, rule))) continue;
    reported.add(wide.number);
    yield moved(wide, front);
  }
}

const sharesMethod = (one: CompiledRule, other: CompiledRule): boolean =>
  [...one.methods].some((method) => other.methods.has(method));

function grantsCredentials({ behaviour }: Context, { origins }: CompiledRule): boolean {
  if (origins.any) return false;
  if (behaviour.dialect === 's3')
    return origins.patterns.length > 0 || origins.exact.some((one) => one !== 'null');
  return behaviour.dangerouslyAllowCredentials && origins.exact.some((one) => one !== 'null');
}

function moved(wide: CompiledRule, front: readonly CompiledRule[]): Draft {
  const exposed = new Set(wide.rule.exposeHeaders.map((name) => name.toLowerCase()));
  const missing = [...new Set(front.flatMap(({ rule }) => rule.exposeHeaders))].filter(
    (name) => !exposed.has(name.toLowerCase()),
  );
  const before = front.map(({ number }) => number);
  return {
    rule: wide.number,
    reason: `answers every origin alike, but rule ${before[0]} before it answers some by name: caches store a copy for each origin`,
    write: `it before rule ${before[0]}${missing.length === 0 ? '' : `, with ExposeHeader ${missing.join(', ')}`}`,
  };
}

/** OSS only. The edge sends `Vary: Origin` by itself; this matters for clients that reach the bucket directly. */
function* noResponseVary({ ruleSet, behaviour, compiled }: Context): Generator<Draft> {
  if (behaviour.dialect !== 'oss' || ruleSet.responseVary) return;
  const depends = CACHED.some((method) => compiled.constants.get(method) === 'depends');
  const listing = compiled.rules.filter(({ methods }) => CACHED.some((method) => methods.has(method)));
  const origins = new Set(
    listing.flatMap(({ rule }) => rule.allowedOrigins).filter((entry) => !isLocal(entry)),
  );
  const areSeveral = origins.size > 1 || [...origins].some((entry) => entry.includes('*'));
  if (!depends || !areSeveral) return;
  yield {
    rule: null,
    field: 'responseVary',
    reason:
      'is off while several origins are answered: a cache between a page and the bucket gives the answer for one origin to another',
    write: 'true',
  };
}

/** Pages of a developer's own machine share no cache with others. */
const isLocal = (entry: string): boolean =>
  isLoopback(entry.replace(/^https?:\/\//, '').replace(/:[\d*]*$/, ''));

/** A shared cache answers HEAD from a stored GET, and updates a GET from a HEAD (RFC 9111 §4.3.5). */
function* getUnlikeHead({ compiled, model, modelled }: Context): Generator<Draft> {
  if (!compiled.rules.some(({ methods }) => methods.has('HEAD'))) return;
  const set = modelled();
  const reported = new Set<number>();
  for (const [at, { witness, isUsual }] of model().origins.entries()) {
    const head = set?.listing(at, 'HEAD')[0];
    const get = set?.listing(at, 'GET')[0];
    if (head === undefined || head === get || !isUsual || reported.has(head.number)) continue;
    const headersOf = (method: Method) =>
      answer(compiled, decide(compiled, actualRequest(witness, method))).headers;
    const [ofGet, ofHead] = [headersOf('GET'), headersOf('HEAD')];
    if (get !== undefined && !differ(ofGet, ofHead)) continue;
    reported.add(head.number);
    yield {
      rule: head.number,
      field: 'allowedMethods',
      value: 'HEAD',
      reason: `answers HEAD from ${witness}, and ${get === undefined ? 'no rule answers its GET' : `rule ${get.number} answers its GET otherwise`}: a cache takes one for the other`,
      write: 'GET and HEAD in the same rules',
    };
  }
}

/** Whether a page may read different things, or is named differently. */
const differ = (one: readonly string[], other: readonly string[]): boolean =>
  one[1] !== other[1] || missingGrants(one, other).length > 0 || missingGrants(other, one).length > 0;
