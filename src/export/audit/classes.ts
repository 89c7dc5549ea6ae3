import { listOf } from '../../analysis/browser/check.ts';
import { ALWAYS_READABLE, isForbidden, isSafeMethod } from '../../analysis/browser/safelist.ts';
import { type Model, modelOf, type OriginClass } from '../../analysis/model.ts';
import { type SharedHeaders, sharedHeaders } from '../../analysis/shared-headers.ts';
import { actualRequest, preflightRequest } from '../../analysis/table.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { ALLOW_HEADERS, MAX_AGE } from '../../cors/names.ts';
import { isMethod, METHODS } from '../../cors/rule.ts';
import type { Deployed } from '../deployed.ts';
import { outcomeOf } from '../outcome.ts';
import { type Copies, copiesOf, copyDirections } from './copies.ts';
import type { Audit, Direction } from './finding.ts';
import { nameEntries } from './header-entries.ts';
import { type Atom, joined } from './join.ts';
import { type Answering, type PageVerdict, pageVerdict, variesByOrigin } from './verdict.ts';

/** The cost that comparisons may still have: the rules that requests are compared with, and what a request costs besides. */
export interface ComparisonBudget {
  left: number;
}

/** A few seconds. */
export const comparisonBudget = (): ComparisonBudget => ({ left: 20_000_000 });
const REQUEST_COST = 10;

/** PATCH stands for the methods that no rule can list. */
const ASKED_METHODS: readonly string[] = [...METHODS, 'PATCH'];

/** Two edges, and what divides their requests into classes. */
interface Compared {
  readonly model: Model;
  readonly shared: SharedHeaders;
  readonly bucket: Answering;
  readonly deployed: Answering;
  readonly answer: Deployed['answer'];
  /** What its cache may have stored; null: it has none, or one that Vary counts for. */
  readonly copies: Copies | null;
  /** What a request costs. */
  readonly cost: number;
  readonly budget: ComparisonBudget;
}

/**
 * Compares rules with any deployed configuration, by what a browser notices: one origin of each class of origins, each
 * method, and the header names that either distinguishes. `divided` has the entries by which the configuration
 * distinguishes origins and header names; the bucket behind it answers by the rules.
 */
export function compareByClasses(
  rules: CompiledRules,
  divided: CompiledRules,
  { answer, ignoresVary = false }: Pick<Deployed, 'answer' | 'ignoresVary'>,
  budget: ComparisonBudget = comparisonBudget(),
): Audit {
  const model = modelOf([rules, divided]);
  const [one, other] = model.sets;
  if (one === undefined || other === undefined) return { findings: [], complete: true };
  const shared = sharedHeaders(model, one, other);
  const bucket: Answering = (request) => outcomeOf(rules, request);
  const deployed: Answering = (request) => answer(request, bucket(request));
  const cost = REQUEST_COST + rules.rules.length + divided.rules.length;
  const copies = ignoresVary ? copiesOf(model, bucket) : null;
  const compared: Compared = { model, shared, bucket, deployed, answer, copies, cost, budget };
  const atoms = model.origins.flatMap((origin, at) =>
    ASKED_METHODS.flatMap((method) => differences(compared, origin, at, method)),
  );
  const entries = nameEntries([rules, divided]);
  return {
    findings: joined(
      atoms.map((atom) => withEntries(atom, entries)),
      [...rules.rules, ...divided.rules],
    ),
    complete: model.complete && shared.isComplete() && budget.left >= 0,
  };
}

function withEntries(atom: Atom, entries: (names: readonly string[]) => readonly string[]): Atom {
  const { audited } = atom;
  return audited.kind === 'headers'
    ? { ...atom, audited: { ...audited, names: entries(audited.names) } }
    : atom;
}

/** The verdicts of both on one request of a page. */
type Both = readonly [bucket: PageVerdict, deployed: PageVerdict];
type Ask = (headers: readonly string[], credentials: boolean) => Both;

function differences(compared: Compared, origin: OriginClass, at: number, method: string): readonly Atom[] {
  if (compared.budget.left < 0) return [];
  const atom = (isWider: boolean, audited: Atom['audited']): Atom => ({
    direction: isWider ? 'wider' : 'narrower',
    audited,
    origin,
    method,
  });
  const ask: Ask = (headers, credentials) => {
    compared.budget.left -= compared.cost;
    const page = { origin: origin.witness, method, headers, credentials };
    return [pageVerdict(compared.bucket, page), pageVerdict(compared.deployed, page)];
  };
  const stored = copyAtoms(compared, origin, method);
  const [bucket, deployed] = ask([], false);
  if (bucket.passes !== deployed.passes) return [atom(deployed.passes, { kind: 'method' }), ...stored];
  if (bucket.sends !== deployed.sends) return [atom(deployed.sends, { kind: 'sent' }), ...stored];
  const vary = [...stored, ...varyAtoms(compared, origin, method)];
  if (!bucket.passes) return [...sentAtoms(ask, compared.model, atom), ...vary];
  const sets = headerSets(compared, origin, at, method);
  return [
    ...headerAtoms(ask, sets, atom),
    ...readAtoms([[bucket, deployed], ask([], true)], atom),
    ...cookieAtoms(ask, sets, atom),
    ...cacheAtoms(ask, sets, { origin, method }),
    ...vary,
  ];
}

type MakeAtom = (isWider: boolean, audited: Atom['audited']) => Atom;

/** Requests with a header of its own that browsers send by one of the two only, though scripts read no answer. */
function sentAtoms(ask: Ask, model: Model, atom: MakeAtom): readonly Atom[] {
  const differing = [...model.headers, AUTHORIZATION].flatMap((name) => {
    const [bucket, deployed] = ask([name], false);
    return bucket.sends === deployed.sends ? [] : [deployed.sends];
  });
  return [...new Set(differing)].map((isWider) => atom(isWider, { kind: 'sent' }));
}

/**
 * Sets of header names to ask about: each alone, all, those that both rule sets distinguish, and what the configuration
 * lists, whole and as far as the bucket allows it.
 */
function headerSets(
  { model, shared, deployed }: Compared,
  { witness }: OriginClass,
  at: number,
  method: string,
): readonly (readonly string[])[] {
  const { headers } = deployed(preflightRequest(witness, method, []));
  const listed = (listOf(headers, ALLOW_HEADERS) ?? []).map((name) => name.toLowerCase());
  const named = listed.filter((name) => name !== '*' && !isForbidden(name));
  const alone = [...new Set([...model.headers, ...named, AUTHORIZATION])].map((name) => [name]);
  const pairs = isMethod(method) ? shared.of(at, method) : [];
  const both = pairs.map((names) => names.filter((name) => named.includes(name)));
  const together = [...pairs, ...both, named, model.headers];
  const sets = [...together, ...together.map((names) => names.filter((name) => name !== AUTHORIZATION))];
  const larger = sets.filter(({ length }) => length > 1);
  return [...alone, ...new Map(larger.map((names) => [names.join(), names])).values()];
}

/** Browsers do not count it in a `*` (Fetch standard, "CORS non-wildcard request-header name"). */
const AUTHORIZATION = 'authorization';

/** The request headers that one of the two allows. A name that differs alone leaves out the sets that have it. */
function headerAtoms(ask: Ask, sets: readonly (readonly string[])[], atom: MakeAtom): readonly Atom[] {
  const alone = { wider: new Set<string>(), narrower: new Set<string>() };
  const together: Atom[] = [];
  for (const headers of sets) {
    const [bucket, deployed] = ask(headers, false);
    if (bucket.passes === deployed.passes) continue;
    const known = deployed.passes ? alone.wider : alone.narrower;
    const [only] = headers;
    if (headers.length === 1 && only !== undefined) known.add(only);
    else if (!headers.some((name) => known.has(name)))
      together.push(atom(deployed.passes, { kind: 'headers', names: headers, together: true }));
  }
  return [
    ...Object.entries(alone).flatMap(([direction, names]) =>
      names.size === 0
        ? []
        : [atom(direction === 'wider', { kind: 'headers', names: [...names], together: false })],
    ),
    ...together.slice(0, 1),
  ];
}

/** Whether requests with cookies pass, where both allow them without: without request headers, and with each set. */
function cookieAtoms(ask: Ask, sets: readonly (readonly string[])[], atom: MakeAtom): readonly Atom[] {
  const differing = [[], ...sets].flatMap((headers) => {
    const [bucket, deployed] = ask(headers, true);
    if (bucket.passes === deployed.passes) return [];
    return ask(headers, false).every(({ passes }) => passes) ? [deployed.passes] : [];
  });
  return [...new Set(differing)].map((isWider) => atom(isWider, { kind: 'credentials' }));
}

/** What scripts can read of answers without cookies, and of those with them. */
function readAtoms(pairs: readonly Both[], atom: MakeAtom): readonly Atom[] {
  const passing = pairs.filter((pair) => pair.every(({ passes }) => passes));
  const names = (newer: (pair: Both) => readonly string[]) => [...new Set(passing.flatMap(newer))];
  const wider = names(([bucket, deployed]) => newNames(bucket, deployed));
  const narrower = names(([bucket, deployed]) => newNames(deployed, bucket));
  return [
    ...(wider.length > 0 ? [atom(true, { kind: 'exposed', names: wider })] : []),
    ...(narrower.length > 0 ? [atom(false, { kind: 'exposed', names: narrower })] : []),
  ];
}

/** The response headers that scripts can read by the second verdict, and not by the first. */
function newNames({ readable }: PageVerdict, other: PageVerdict): readonly string[] {
  if (readable.includes('*')) return [];
  return other.readable.filter((name) => !readable.includes(name) && !ALWAYS_READABLE.includes(name));
}

const OTHER: Direction = 'other';

/** How long browsers cache a preflight that both allow: each set of names may have another rule. */
function cacheAtoms(
  ask: Ask,
  sets: readonly (readonly string[])[],
  place: Pick<Atom, 'origin' | 'method'>,
): readonly Atom[] {
  for (const headers of isSafeMethod(place.method) ? sets : [[], ...sets]) {
    const [bucket, deployed] = ask(headers, false);
    if (bucket.cache === null || deployed.cache === null) continue;
    if (Object.entries(bucket.cache).every(([browser, seconds]) => isSame(deployed.cache, browser, seconds)))
      continue;
    const values = { bucket: bucket.maxAge, deployed: deployed.maxAge };
    return [
      {
        direction: OTHER,
        audited: { kind: 'answer', request: 'preflight', name: MAX_AGE, ...values },
        ...place,
      },
    ];
  }
  return [];
}

const isSame = (cache: PageVerdict['cache'], browser: string, seconds: number): boolean =>
  cache !== null && Object.entries(cache).some(([name, value]) => name === browser && value === seconds);

/** Answers from the cache that a page judges otherwise than the bucket's to itself. */
function copyAtoms(compared: Compared, origin: OriginClass, method: string): readonly Atom[] {
  if (compared.copies === null || !CACHED.includes(method)) return [];
  compared.budget.left -= 2 * compared.cost * (compared.copies.get(method)?.length ?? 0);
  return copyDirections(compared.copies, origin, method, compared).map((direction) => ({
    direction,
    audited: { kind: 'cached' },
    origin,
    method,
  }));
}

/** The methods whose answers caches store. */
const CACHED: readonly string[] = ['GET', 'HEAD'];

/** Where the bucket's answers name Origin in Vary, those of the configuration must, with or without an Origin. */
function varyAtoms({ bucket, deployed }: Compared, origin: OriginClass, method: string): readonly Atom[] {
  if (!CACHED.includes(method)) return [];
  const requests = [actualRequest(origin.witness, method), { ...actualRequest('', method), origin: null }];
  const isMissing = requests.some(
    (request) => variesByOrigin(bucket(request)) && !variesByOrigin(deployed(request)),
  );
  return isMissing ? [{ direction: OTHER, audited: { kind: 'vary', deployed: false }, origin, method }] : [];
}
