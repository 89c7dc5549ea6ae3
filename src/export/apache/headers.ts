import * as names from '../../cors/names.ts';
import { BUCKET_HEADERS } from '../bucket-headers.ts';
import type { Plan } from '../plan.ts';
import { neededObjections } from '../planned.ts';
import { IS_ALONE } from './alone.ts';
import { echoes } from './directives.ts';

type Lines = readonly string[];

/** The longest of the names that are set. */
const WIDTH = names.ALLOW_CREDENTIALS.length;

/**
 * `Header unset` has no wildcard. Two tables (mod_headers, "Header"): the bucket's headers are in `onsuccess`, of whatever status; Apache's own errors have
 * those of `always` only. So all of the bucket's are removed from both, and one set is written, in `always`.
 */
export function corsHeaders(name: string, plan: Plan): Lines {
  const set = (header: string, value: string, variable: string) =>
    `Header always set ${header.padEnd(WIDTH)} "${value}" env=${name}_${variable}`;
  const has = (test: (rule: Plan['rules'][number]) => boolean, lines: Lines) =>
    plan.rules.some(test) ? lines : [];
  return [
    ...BUCKET_HEADERS.flatMap((header) => [`Header always unset ${header}`, `Header unset ${header}`]),
    ...has(({ allowOrigin }) => allowOrigin === '*', [set(names.ALLOW_ORIGIN, '*', 'any')]),
    ...has(
      ({ allowOrigin }) => allowOrigin === 'origin',
      [set(names.ALLOW_ORIGIN, `%{${name}_origin}e`, 'echo')],
    ),
    ...has(() => true, [set(names.ALLOW_METHODS, `%{${name}_methods}e`, 'methods')]),
    ...(echoes(plan)
      ? [
          set(names.ALLOW_HEADERS, `%{${name}_allow_headers}e`, 'allow_headers'),
          `Header always edit* ${names.ALLOW_HEADERS} "[\\x20\\t]*,[\\x20\\t,]*" ", "`,
        ]
      : []),
    ...has(
      ({ rule }) => rule.exposeHeaders !== null,
      [set(names.EXPOSE_HEADERS, `%{${name}_expose}e`, 'expose')],
    ),
    ...has(({ rule }) => rule.maxAge !== null, [set(names.MAX_AGE, `%{${name}_max_age}e`, 'max_age')]),
    ...has(
      ({ credentials }) => credentials !== 'none',
      [set(names.ALLOW_CREDENTIALS, 'true', 'credentials')],
    ),
  ];
}

/**
 * The bucket's own Origin leaves Vary. Apache then writes all lines of Vary as one, without empty items and duplicates. An
 * empty Vary stays, which names nothing: `unset` removes all lines, but an expression sees the first one only.
 */
export function varyHeader(name: string, { methods, otherMethod }: Plan): Lines {
  const varies = otherMethod.variesByOrigin
    ? ['Header always set Vary Origin']
    : methods.some(({ variesByOrigin }) => variesByOrigin)
      ? [`Header always set Vary Origin env=${name}_varies`]
      : [];
  return [
    'Header edit* Vary "(?i)(?:^|,)(?:[\\x20\\t]*origin[\\x20\\t]*(?:,|$))+" ","',
    'Header edit  Vary "^[\\x20\\t,]*(.*?)[\\x20\\t,]*$" "$1"',
    ...varies,
    ...(varies.length === 0
      ? []
      : [`Header always unset Vary "expr=resp('Vary') =~ m#(?:^|,)[\\x20\\t]*\\*[\\x20\\t]*(?:,|$)#"`]),
  ];
}

/**
 * mod_cache stores the object as the bucket sends it, so that each answer gets headers of its own. By default it stores
 * after them, and answers before any of these directives (https://httpd.apache.org/docs/2.4/mod/mod_cache.html). An answer
 * of 304 to a fresh copy has what is stored besides: so CORS headers are not stored, nor does a copy allow anything where
 * other directives undo these.
 */
export const cache: Lines = [
  '<IfModule mod_cache.c>',
  '    CacheQuickHandler off',
  '    SetOutputFilter CACHE',
  `    CacheIgnoreHeaders ${BUCKET_HEADERS.join(' \\\n        ')}`,
  '</IfModule>',
];

/** Every OPTIONS is answered here, without authentication, before the handler that would send it to the bucket. */
export function preflights(name: string, plan: Plan): Lines {
  const body = `"%{reqenv:${name}_body}"`;
  const answer = (status: number) => [
    ...(status === 200 ? [] : ['Header always set Content-Type application/xml']),
    `ErrorDocument ${status} ${body}`,
    `Redirect ${status} /`,
  ];
  const refused = new Set([...neededObjections(plan).map(({ status }) => status), plan.refusedStatus]);
  const [last = plan.refusedStatus, ...others] = [...refused].reverse();
  const branch = (head: string, element: string, status: number) => [
    `<${head}>`,
    ...answer(status).map((line) => `    ${line}`),
    `</${element}>`,
  ];
  const is = (status: number) => `"reqenv('${name}_status') == '${status}'"`;
  return [
    `<If "%{REQUEST_METHOD} == 'OPTIONS' && ${IS_ALONE}">`,
    ...[
      'Require all granted',
      `Header always set Vary "${plan.preflightVary.join(', ')}"`,
      ...branch(`If ${is(200)}`, 'If', 200),
      ...others.flatMap((status) => branch(`ElseIf ${is(status)}`, 'ElseIf', status)),
      ...branch('Else', 'Else', last),
    ].map((line) => `    ${line}`),
    '</If>',
  ];
}
