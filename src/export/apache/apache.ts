import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { enforceable } from '../enforceable.ts';
import { readExported } from '../exported.ts';
import { planOf } from '../plan.ts';
import type { Compiled, ExportOptions, Note, Target } from '../target.ts';
import { ALONE, COUNTED } from './alone.ts';
import { conclusions, facts, objections, ruleDirectives } from './directives.ts';
import { cache, corsHeaders, preflights, varyHeader } from './headers.ts';
import { tooLong } from './too-long.ts';

/**
 * Apache httpd: directives of a virtual host. It refuses lists of many thousands of characters. Before 2.4.47, and where ETag matters 2.4.48, an answer
 * of 304 loses its CORS headers (https://downloads.apache.org/httpd/CHANGES_2.4, PR 61820).
 */
export const apache: Target = {
  ...DESCRIPTIONS.apache,
  compile,
  read: (text) => readExported(apache, text),
};

const ECHO: Note = {
  about:
    'Access-Control-Allow-Headers has a name as often as the request has it. Browsers send each name once.',
};

function compile(given: CompiledRules, options: ExportOptions): Compiled {
  const { found: rules, refused } = enforceable(given, options.allowNarrower, tooLong);
  if (rules === null) return { ok: false, refused };
  const echoed = rules.rules.some(({ rule }) => rule.allowedHeaders.length > 0);
  return {
    ok: true,
    files: [{ name: `${options.name}.conf`, use: USE, text: textOf(rules, options) }],
    grade: echoed ? 'same verdict' : 'equal',
    notes: echoed ? [ECHO] : [],
    enforced: rules,
    lost: refused,
  };
}

/** In a `<Location>`, Apache evaluates `<If>` before `SetEnvIf`. */
const USE =
  'A virtual host includes the file, outside of <Location>, before its ProxyPass. It serves this bucket alone: the file answers every OPTIONS and rules every answer. Another bucket has a virtual host of its own.';

function usage({ name, bucketUrl }: ExportOptions): string {
  const url = (bucketUrl ?? 'https://BUCKET.example').replace(/[^\x21-\x7e]|\\$/g, '?');
  return `#
# Modules: alias, authz_core, headers, setenvif; for the bucket proxy, proxy_http and, with https, ssl.
# <VirtualHost *:80>
#     Include /etc/apache2/${name}.conf
#     AllowEncodedSlashes NoDecode
${url.startsWith('https:') ? '#     SSLProxyEngine On\n' : ''}#     ProxyPass / ${url}/ nocanon
# </VirtualHost>
`;
}

function textOf(rules: CompiledRules, options: ExportOptions): string {
  const plan = planOf(rules);
  const { name } = options;
  const isClosed = plan.objections.some(({ reason }) => reason === 'no_rules');
  const parts: readonly (readonly [comment: string, lines: readonly string[]])[] = [
    ['A second export in one virtual host is found.', COUNTED],
    ['What the request has.', facts(name)],
    ['Preflights that the store refuses before it compares them with a rule.', objections(name, rules, plan)],
    [
      'The first rule that matches.',
      isClosed ? [] : plan.rules.flatMap((planned) => ruleDirectives(name, plan, planned)),
    ],
    ['What follows from it.', conclusions(name, rules, plan)],
    ["The bucket's own CORS headers are removed, then one set is written.", corsHeaders(name, plan)],
    ["The bucket's own Vary, without Origin.", varyHeader(name, plan)],
    ['mod_cache stores objects without these headers. A SetOutputFilter of your own names CACHE too.', cache],
    [
      'The bucket decides nothing.',
      ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'].map(
        (header) => `RequestHeader unset ${header}`,
      ),
    ],
    ['Every OPTIONS is a preflight: it is answered here.', preflights(name, plan)],
    ['The rules of one export would apply to the bucket of the other.', ALONE],
  ];
  const written = parts
    .filter(([, lines]) => lines.length > 0)
    .map(([comment, lines]) => `\n# ${comment}\n${lines.join('\n')}\n`);
  return `${bannerOf('apache', rules, options, '#', USE)}${usage(options)}${written.join('')}`;
}
