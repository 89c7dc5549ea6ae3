import * as names from '../../cors/names.ts';
import { BUCKET_HEADERS } from '../bucket-headers.ts';
import type { Plan } from '../plan.ts';
import type { Refusals } from './refused.ts';
import type { Tables } from './tables.ts';
import { quoted } from './text.ts';
import type { HeaderValue } from './values.ts';
import { ASKED_HEADERS, METHOD, type Variables } from './variables.ts';

/** The headers that a bucket's answer loses. proxy_hide_header takes no prefix, so each name stands alone. */
const HIDDEN = [...BUCKET_HEADERS, names.VARY];

/** Names of requests that the bucket does not get, in the form in which they are usually written. */
const UNSENT = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'];

const addHeader = (header: string, value: string, indent = ''): string =>
  `${indent}add_header ${header.padEnd(32)} ${/^\$?[\w*]+$/.test(value) ? value : quoted(value)} always;`;

/** The directives of a location that has proxy_pass. */
export function locationText(
  plan: Plan,
  { verdicts }: Tables,
  values: readonly HeaderValue[],
  { refusals }: Refusals,
  v: Variables,
): string {
  const vary = addHeader(names.VARY, plan.preflightVary.join(', '), '    ');
  const refused = refusals.map(({ id, status, body }) =>
    [`if ($${v.rule} = ${id}) {`, vary, `    return ${status} ${quoted(body)};`, '}'].join('\n'),
  );
  const allowsHeaders = verdicts.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
  const allowed = [
    `if (${METHOD} = OPTIONS) {`,
    ...values.map(({ header, preflight }) => addHeader(header, preflight, '    ')),
    ...(allowsHeaders ? [addHeader(names.ALLOW_HEADERS, ASKED_HEADERS, '    ')] : []),
    vary,
    '    return 200;',
    '}',
  ].join('\n');
  return [
    '# The bucket does not get the headers that CORS is decided by, and its own answer to them is removed. nginx takes',
    '# proxy_set_header, proxy_hide_header and add_header of outer levels only into locations without any: repeat them here.',
    ...UNSENT.map((name) => `proxy_set_header  ${name.padEnd(31)} "";`),
    ...HIDDEN.map((name) => `proxy_hide_header ${name};`),
    '',
    '# Preflights end here. A block with an add_header has all that its answer needs. The type of a refusal would be that of',
    "# the key's extension; answers of the bucket have their own.",
    'types {}',
    'default_type application/xml;',
    ...refused,
    ...(verdicts.length === 0 ? [] : [allowed]),
    '',
    '# All other answers, also errors. nginx sends no line for an empty value.',
    ...values.map(({ header, variable }) => addHeader(header, `$${variable}`)),
    addHeader(names.VARY, `$${v.vary}`),
    '',
  ].join('\n');
}
