import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import { type CorsFilter, DEFAULT_MAX_AGE } from './filter.ts';
import type { Filtered } from './model.ts';
import { partsOf } from './origin.ts';

/** What a route does about CORS, and what of it is not understood. */
export interface ReadRoute {
  readonly filtered: Filtered;
  readonly notes: readonly string[];
}

/** One rule of a route, with what it does about CORS. */
interface RouteRule {
  /** From 1. */
  readonly number: number;
  readonly cors: Fields | null;
  readonly varies: boolean;
}

/** The CORS filter of a route. Faults: it has several that differ, or a field of it is no list or number. */
export function filteredOf(route: Fields): Result<ReadRoute> {
  const spec = isFields(route.spec) ? route.spec : {};
  const rules = listOf(spec.rules).map(ruleOf);
  const withCors = rules.filter(({ cors }) => cors !== null);
  const [first, ...more] = withCors;
  const others = more.filter(({ cors }) => JSON.stringify(cors) !== JSON.stringify(first?.cors));
  if (others.length > 0)
    return {
      ok: false,
      faults: [
        {
          place: 'spec.rules',
          reason: `has different CORS filters in rules ${[first, ...others].map((one) => one?.number).join(', ')}`,
          write: 'the route with one of these rules alone',
        },
      ],
    };
  const notes = [...notesOfRules(rules, withCors), ...notesOfStatus(route)];
  if (first?.cors == null)
    return {
      ok: true,
      value: {
        filtered: { cors: null, varies: rules.some(({ varies }) => varies) },
        notes: [NO_FILTER, ...notes],
      },
    };
  const faults: Fault[] = [];
  const cors = corsOf(first.cors, `spec.rules[${first.number}].filters.cors`, faults);
  const varies = withCors.every((rule) => rule.varies);
  return resultOf(
    { filtered: { cors, varies }, notes: [...notesOfFilter(cors, first.cors), ...notes] },
    faults,
  );
}

const NO_FILTER = 'The route has no CORS filter: no answer of the gateway has CORS headers.';

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

function ruleOf(rule: Fields, at: number): RouteRule {
  const filters = listOf(rule.filters);
  const cors = filters.find(({ type }) => type === 'CORS')?.cors;
  return {
    number: at + 1,
    cors: isFields(cors) ? cors : null,
    varies: filters.some(({ responseHeaderModifier: modifier }) => isFields(modifier) && addsVary(modifier)),
  };
}

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
function notesOfFilter({ allowOrigins }: CorsFilter, fields: Fields): readonly string[] {
  const unclear = allowOrigins.filter((entry) => entry !== '*' && isUnclear(entry));
  const unknown = Object.keys(fields).filter((field) => !FIELDS.includes(field));
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

function notesOfRules(rules: readonly RouteRule[], withCors: readonly RouteRule[]): readonly string[] {
  const without = rules.filter((rule) => !withCors.includes(rule));
  if (withCors.length === 0 || without.length === 0) return [];
  return [`Rules without a CORS filter are not compared: ${without.map(({ number }) => number).join(', ')}.`];
}

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
