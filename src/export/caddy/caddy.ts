import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { readExported } from '../exported.ts';
import { type Plan, planOf } from '../plan.ts';
import type { Compiled, ExportOptions, Note, Target } from '../target.ts';
import { allowHeaders, objectionHandlers, refusedHandlers, ruleHandlers, ruleSnippet } from './handlers.ts';
import { bucketHeaders } from './vary.ts';

/** Caddy 2: a snippet that a site imports before its `reverse_proxy`. It refuses no rule set. */
export const caddy: Target = {
  ...DESCRIPTIONS.caddy,
  compile,
  read: (text) => readExported(caddy, text),
};

/** Caddy cannot write a value in lower case, nor leave out what it has twice. */
const ECHO: Note = {
  about:
    'Access-Control-Allow-Headers has the names as the request has them, capitals and repetitions included. Browsers send them in lower case, once each.',
};

function compile(rules: CompiledRules, options: ExportOptions): Compiled {
  const echoes = rules.rules.some(({ rule }) => rule.allowedHeaders.length > 0);
  return {
    ok: true,
    files: [{ name: `${options.name}.caddyfile`, use: USE, text: textOf(rules, options) }],
    grade: echoes ? 'same verdict' : 'equal',
    notes: echoes ? [ECHO] : [],
    enforced: rules,
    lost: [],
  };
}

const USE =
  'The Caddyfile imports the file before its sites, and a site imports the snippet first in a `route`.';

const indented = (lines: readonly string[], by: string): string =>
  lines.map((line) => (line === '' ? '\n' : `${by}${line}\n`)).join('');

function textOf(rules: CompiledRules, options: ExportOptions): string {
  const plan = planOf(rules);
  const { name } = options;
  const snippets = plan.rules.map((planned) => `${ruleSnippet(name, planned).join('\n')}\n\n`).join('');
  return [
    bannerOf('caddy', rules, options, '#', USE),
    usage(options),
    snippets,
    `(${name}) {\n    route {\n`,
    indented(bodyOf(rules, plan, name), '        '),
    '    }\n}\n',
  ].join('');
}

/** Caddy orders the directives of a site: those of a `handle` would run before a `route`. In a `route` they run as written. */
function usage({ name, bucketUrl }: ExportOptions): string {
  const { origin, path } = bucketOf(bucketUrl ?? 'https://BUCKET.example');
  return `#
# Caddyfile, where \`route\` runs its directives in their order:
#     import ${name}.caddyfile
#     media.example.com {
#         route {
#             import ${name}
${path === '' ? '' : `#             rewrite * ${path}{uri}\n`}#             reverse_proxy ${origin} {
#                 header_up Host {upstream_hostport}
#             }
#         }
#     }

`;
}

/** `reverse_proxy` takes no path: `rewrite` writes it before the request's. An export changed by hand may have any text. */
function bucketOf(bucketUrl: string): { readonly origin: string; readonly path: string } {
  const url = bucketUrl.replace(/[^\x21-\x7e]/g, '?');
  const [, origin = url, path = ''] = /^(\w+:\/\/[^/]+)(.*)$/.exec(url) ?? [];
  return { origin, path: path.replace(/\/+$/, '') };
}

/** The directives of the route, in the order in which they apply. */
function bodyOf(rules: CompiledRules, plan: Plan, name: string): readonly string[] {
  const refused = refusedHandlers(name, rules, plan);
  const isClosed = plan.objections.some(({ reason }) => reason === 'no_rules');
  const chain = [
    ...objectionHandlers(name, rules, plan),
    ...(isClosed
      ? []
      : [
          ...refused.first,
          ...plan.rules.flatMap((planned) => ruleHandlers(name, plan, planned)),
          ...refused.last,
        ]),
  ];
  return [
    ...facts(name),
    '',
    '# Every OPTIONS is a preflight: it is answered here, and the answer depends on these headers.',
    `@${name}_preflight method OPTIONS`,
    `header @${name}_preflight Vary "${plan.preflightVary.join(', ')}"`,
    '',
    '# Only the first block that matches applies.',
    'handle {',
    ...chain.map((line) => `    ${line}`),
    '}',
    ...(isClosed ? [] : [...allowHeaders(name, plan), `respond @${name}_preflight 200`]),
    '',
    "# Answers to other methods. `defer`: when the answer is written, after the bucket's own headers.",
    ...bucketHeaders(name, plan),
    '',
    '# The bucket decides nothing.',
    'request_header -Origin',
    'request_header -Access-Control-Request-*',
  ];
}

/** What the edge accepts of all headers together (`--max-headers`, docs/limits.md). */
const MAX_HEADERS = 16_384;
const COMPARED = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'];

/** One line of each header. An actual request is compared like a preflight that asks for its method and for no headers. */
const facts = (name: string): readonly string[] => [
  '# Headers that are compared take time by their length: Caddy accepts 1 MB of them.',
  `@${name}_long expression \`${COMPARED.map((header) => `size({header.${header}})`).join(' + ')} > ${MAX_HEADERS}\``,
  `respond @${name}_long 431`,
  '',
  '# One line of each header, so that two of them match no rule.',
  `vars ${name}_origin {header.Origin}`,
  'request_header Origin {header.Origin}',
  'request_header Access-Control-Request-Method {header.Access-Control-Request-Method}',
  'request_header Access-Control-Request-Headers {header.Access-Control-Request-Headers}',
  '# Other methods are compared as such, and ask for no headers.',
  `@${name}_actual not method OPTIONS`,
  `request_header @${name}_actual Access-Control-Request-Method {method}`,
  `request_header @${name}_actual Access-Control-Request-Headers ""`,
];
