import { type Model, modelOf } from '../analysis/model.ts';
import { vectorsOf } from '../analysis/vectors.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { METHODS } from '../cors/rule.ts';

/** Numbers from 0 up to, and without, 1; the same for the same seed (mulberry32, public domain, by Tommy Ettinger). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The requests that a configuration is proved with: the fewest that distinguish all decisions of the rules, and `count`
 * random ones around the classes of origins and headers that the rules distinguish.
 */
export function requestsFor(rules: CompiledRules, count: number, seed: number): readonly Facts[] {
  const random = randomOf(seed);
  const model = modelOf([rules]);
  const some = Array.from({ length: count }, () => randomRequest(model, random));
  return [...vectorsOf(rules).vectors.map(({ request }) => request), ...some].filter(isSendable);
}

/** Whether a request can be sent over HTTP as it is. */
const isSendable = ({ origin, requestMethod, requestHeaders }: Facts): boolean =>
  [origin, requestMethod, requestHeaders].every(
    (value) => value === null || /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/.test(value),
  );

type Random = () => number;
const pick = <T>(list: readonly [T, ...(readonly T[])] | readonly T[], random: Random): T =>
  list[Math.floor(random() * list.length)] as T;
const chance = (of: number, random: Random): boolean => random() < of;

function randomRequest(model: Model, random: Random): Facts {
  const origin = randomOrigin(model, random);
  const isActual = chance(0.5, random);
  if (isActual && chance(0.8, random))
    return { method: pick(ACTUAL, random), origin, requestMethod: null, requestHeaders: null };
  return {
    // An actual request with the headers of a preflight is answered by its own method alone (semantics.md §2.6).
    method: isActual ? pick(ACTUAL, random) : 'OPTIONS',
    origin,
    requestMethod: chance(0.05, random) ? null : pick(ASKED, random),
    requestHeaders: chance(0.4, random) ? null : randomNames(model, random),
  };
}

const ACTUAL = [...METHODS, 'GET', 'GET', 'PATCH'];
const ASKED = [...METHODS, ...METHODS, 'PATCH', 'OPTIONS', 'get', 'Get', 'GETT', 'GE'];

function randomOrigin(model: Model, random: Random): string | null {
  if (chance(0.08, random)) return null;
  const known = pick(pick(model.origins, random).origins, random);
  return chance(0.6, random) ? known : pick(CHANGES, random)(known, random);
}

/** Origins that are nearly those of a rule: what a wrong comparison would take for them. */
const CHANGES: readonly ((origin: string, random: Random) => string)[] = [
  (origin) => origin.toUpperCase(),
  (origin) => origin.replace(/[a-z]/g, (letter, at) => (at % 2 === 0 ? letter.toUpperCase() : letter)),
  (origin) => `${origin}.evil.example`,
  (origin) => `${origin}:8443`,
  (origin) => `${origin}/`,
  (origin) => `x${origin}`,
  (origin) => origin.replace('.', 'x'),
  (origin) => origin.replace('://', '://evil-'),
  (origin) => origin.replace('://', '://sub.'),
  (origin) => origin.replace(/^https:/, 'http:'),
  (origin) => origin.replace(/:\d+$/, ''),
  (origin) => origin.slice(1),
  (origin) => origin.slice(0, -1),
  (origin, random) => {
    const at = Math.floor(random() * origin.length);
    return origin.slice(0, at) + origin.slice(at + 1);
  },
  (origin) => `${origin},https://second.example`,
  (origin) => `${origin} https://second.example`,
  () => 'null',
  () => 'https://unknown.example',
  () => '*',
  () => 'https://a$b.example"\'\\{}|^`%',
];

function randomNames(model: Model, random: Random): string {
  const known = [...model.headers, 'content-type', 'x-unknown', 'authorization'];
  const names = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(known, random));
  // As browsers send them (Fetch standard, "CORS-unsafe request-header names"): sorted, lower case, once each.
  if (chance(0.6, random)) return [...new Set(names.map((name) => name.toLowerCase()))].sort().join(',');
  const odd = names.map((name) => (chance(0.3, random) ? name.toUpperCase() : name));
  return odd.join(pick([', ', ' ,', ',', ',,', ', ,', ',\t'], random));
}
