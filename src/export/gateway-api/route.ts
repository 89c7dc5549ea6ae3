import { REQUEST_METHOD } from '../../cors/names.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import { type CorsFilter, DEFAULT_MAX_AGE } from './filter.ts';
import type { RoutedCors } from './model.ts';
import { partsOf } from './origin.ts';

/** What a route does about CORS, and what of it is not understood. */
export interface ReadRoute {
  readonly routed: RoutedCors;
  readonly notes: readonly string[];
  /** The filters are for a part of the requests, or read as if they were for all. */
  readonly isPartial: boolean;
}

/** One rule of a route, with what it does about CORS. */
interface RouteRule {
  /** From 1. */
  readonly number: number;
  /** Null: any method, or more than methods decides. */
  readonly methods: readonly string[] | null;
  readonly cors: Fields | null;
  readonly varies: boolean;
  /** What of its matches is not compared, in a few words. */
  readonly limits: readonly string[];
}

/** The CORS filters of a route. Faults: several for the same requests differ, or a field is no list or number. */
export function routedOf(route: Fields): Result<ReadRoute> {
  const spec = isFields(route.spec) ? route.spec : {};
  const rules = listOf(spec.rules).map(ruleOf);
  const faults: Fault[] = [...ambiguous(rules)];
  const filters = rules.flatMap(({ number, methods, cors }) =>
    cors === null ? [] : [{ number, methods, cors }],
  );
  const routes = filters.map(({ number, methods, cors }) => ({
    methods,
    cors: corsOf(cors, `spec.rules[${number}].filters.cors`, faults),
    fields: Object.keys(cors),
  }));
  const partial = [...notesOfMatches(rules), ...notesOfRules(rules)];
  const notes = [
    ...(routes.length === 0 ? [NO_FILTER] : []),
    ...routes.flatMap(({ cors, fields }) => notesOfFilter(cors, fields)),
    ...partial,
    ...notesOfHosts(spec.hostnames),
    ...notesOfStatus(route),
  ];
  const varies = rules.length > 0 && rules.every((rule) => rule.varies);
  return resultOf(
    { routed: { routes, varies }, notes: [...new Set(notes)], isPartial: partial.length > 0 },
    faults,
  );
}

const NO_FILTER = 'The route has no CORS filter: no answer of the gateway has CORS headers.';

/** Rules with different filters that are not for different methods: which of them applies is by path or header. */
function ambiguous(rules: readonly RouteRule[]): readonly Fault[] {
  const withCors = rules.filter(({ cors }) => cors !== null);
  const clash = withCors.filter(({ cors, methods }) =>
    withCors.some(
      (other) =>
        JSON.stringify(other.cors) !== JSON.stringify(cors) &&
        (methods === null || other.methods === null || methods.some((one) => other.methods?.includes(one))),
    ),
  );
  if (clash.length === 0) return [];
  const numbers = clash.map(({ number }) => number).join(', ');
  const reason = `has CORS filters that differ for the same methods, in rules ${numbers}`;
  return [{ place: 'spec.rules', reason, write: 'the route with one of these rules alone' }];
}

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

function ruleOf(rule: Fields, at: number): RouteRule {
  const filters = listOf(rule.filters);
  const cors = filters.find(({ type }) => type === 'CORS')?.cors;
  const matches = listOf(rule.matches);
  const methods = methodsOf(matches);
  return {
    number: at + 1,
    methods,
    limits: limitsOf(matches, methods),
    cors: isFields(cors) ? cors : null,
    varies: filters.some(({ responseHeaderModifier: modifier }) => isFields(modifier) && addsVary(modifier)),
  };
}

/** What decides beside methods whether a rule is for a request; empty if one match is for all requests. */
function limitsOf(matches: readonly Fields[], methods: readonly string[] | null): readonly string[] {
  const found = matches.map(({ method, path, headers, queryParams }) => [
    ...(isFields(path) && !isWholePath(path) ? [`path ${String(path.value)}`] : []),
    ...listOf(headers)
      .filter((header) => method !== 'OPTIONS' || !isMethodHeader(header))
      .map(({ name }) => `header ${String(name)}`),
    ...(listOf(queryParams).length > 0 ? ['query'] : []),
    ...(method !== undefined && methods === null ? [`method ${String(method)}`] : []),
  ]);
  return found.some((limits) => limits.length === 0) && methods === null ? [] : [...new Set(found.flat())];
}

const isWholePath = ({ type = 'PathPrefix', value = '/' }: Fields): boolean =>
  type === 'PathPrefix' && value === '/';

/** The methods whose requests, and whose preflights, all matches are for; null if anything else decides. */
function methodsOf(matches: readonly Fields[]): readonly string[] | null {
  const asked = { actual: new Set<string>(), preflight: new Set<string>() };
  for (const { method, headers, queryParams } of matches) {
    const [header, ...more] = listOf(headers);
    if (typeof method !== 'string' || queryParams !== undefined || more.length > 0) return null;
    if (method !== 'OPTIONS' && header === undefined) asked.actual.add(method);
    else if (method === 'OPTIONS' && isMethodHeader(header)) asked.preflight.add(header.value);
    else return null;
  }
  const methods = [...asked.actual];
  const isWhole = methods.length === asked.preflight.size && methods.every((one) => asked.preflight.has(one));
  return methods.length > 0 && isWhole ? methods : null;
}

const isMethodHeader = (header: Fields | undefined): header is Fields & { readonly value: string } =>
  typeof header?.name === 'string' &&
  header.name.toLowerCase() === REQUEST_METHOD &&
  (header.type ?? 'Exact') === 'Exact' &&
  typeof header.value === 'string';

const addsVary = ({ add, set }: Fields): boolean =>
  [...listOf(add), ...listOf(set)].some(
    ({ name, value }) =>
      typeof name === 'string' &&
      name.toLowerCase() === 'vary' &&
      typeof value === 'string' &&
      value.split(',').some((item) => ['*', 'origin'].includes(item.trim().toLowerCase())),
  );

function corsOf(fields: Fields, place: string, faults: Fault[]): CorsFilter {
  const names = (field: string): readonly string[] => {
    const value = fields[field] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    faults.push({
      place: `${place}.${field}`,
      reason: 'is not a list of strings',
      write: 'the route as kubectl prints it',
    });
    return [];
  };
  const { allowCredentials = false, maxAge = DEFAULT_MAX_AGE } = fields;
  if (typeof allowCredentials !== 'boolean')
    faults.push({
      place: `${place}.allowCredentials`,
      reason: 'is not true or false',
      write: 'true or false',
    });
  if (typeof maxAge !== 'number')
    faults.push({ place: `${place}.maxAge`, reason: 'is not a number', write: 'seconds, without quotes' });
  return {
    allowOrigins: names('allowOrigins'),
    allowMethods: names('allowMethods'),
    allowHeaders: names('allowHeaders'),
    exposeHeaders: names('exposeHeaders'),
    allowCredentials: allowCredentials === true,
    maxAge: Number(maxAge),
  };
}

const FIELDS: readonly string[] = [
  'allowOrigins',
  'allowMethods',
  'allowHeaders',
  'exposeHeaders',
  'allowCredentials',
  'maxAge',
];

/** What the API does not say of a filter. */
function notesOfFilter({ allowOrigins }: CorsFilter, fields: readonly string[]): readonly string[] {
  const unclear = allowOrigins.filter((entry) => entry !== '*' && isUnclear(entry));
  const unknown = fields.filter((field) => !FIELDS.includes(field));
  return [
    ...(allowOrigins.length === 0
      ? ['The filter lists no origin, which the API does not explain: it is read as one that allows none.']
      : []),
    ...(unclear.length > 0
      ? [
          `The API does not say what these entries of allowOrigins match: ${unclear.slice(0, 5).join(', ')}. A \`*\` is read as any part of a host.`,
        ]
      : []),
    ...(unknown.length > 0 ? [`Fields that are not read: ${unknown.slice(0, 5).join(', ')}.`] : []),
  ];
}

function isUnclear(entry: string): boolean {
  const parts = partsOf(entry);
  return parts === null || /.\*|^\*(?!\.|$)/.test(parts.host);
}

function notesOfRules(rules: readonly RouteRule[]): readonly string[] {
  const withCors = rules.filter(({ cors }) => cors !== null);
  const others = rules.filter((rule) => !withCors.includes(rule));
  // Beside filters for some methods, a rule without a filter is for the others.
  if (withCors.length === 0 || others.length === 0 || withCors.every(({ methods }) => methods !== null))
    return [];
  return [`Rules without a CORS filter are not compared: ${others.map(({ number }) => number).join(', ')}.`];
}

const notesOfMatches = (rules: readonly RouteRule[]): readonly string[] =>
  rules
    .filter(({ cors, limits }) => cors !== null && limits.length > 0)
    .map(
      ({ number, limits }) =>
        `Rule ${number} is for a part of the requests (${limits.slice(0, 5).join(', ')}${limits.length > 5 ? ', …' : ''}), and is compared as if it were for all.`,
    );

const notesOfHosts = (hostnames: unknown): readonly string[] =>
  Array.isArray(hostnames) && hostnames.length > 0
    ? [`The route is for ${hostnames.slice(0, 5).join(', ')}${hostnames.length > 5 ? ', …' : ''} only.`]
    : [];

/** Gateways that do not accept the route, or a part of it. */
function notesOfStatus({ status }: Fields): readonly string[] {
  const parents = isFields(status) ? listOf(status.parents) : [];
  return parents.flatMap(({ controllerName, conditions }) =>
    listOf(conditions).flatMap(({ type, status: is, reason }) =>
      (type === 'Accepted' && is === 'False') || (type === 'PartiallyInvalid' && is === 'True')
        ? [
            `The controller ${String(controllerName)} reports ${String(type)}: ${String(is)} (${String(reason)}).`,
          ]
        : [],
    ),
  );
}
