import type { CompiledRules } from '../../cors/compile.ts';
import * as headers from '../../cors/names.ts';
import { METHODS } from '../../cors/rule.ts';
import { bannerOf } from '../banner.ts';
import { readExported } from '../exported.ts';
import { type Plan, planOf } from '../plan.ts';
import type { ExportOptions, Note, Target } from '../target.ts';
import { preflightLines } from './preflights.ts';
import { oneOf, string } from './quote.ts';
import { type Facts, factsOf, indent, ruleLines } from './rules.ts';

/** Varnish says every rule set. The subroutines of its own names are joined to those of the operator's file. */
export const varnish: Target = {
  name: 'varnish',
  about: 'Varnish: subroutines that a VCL file includes.',
  formats: ['config'],
  compile: (rules, options) => {
    const plan = planOf(rules);
    const echoes = plan.rules.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
    return {
      ok: true,
      files: [{ name: `${options.name}.vcl`, use: useOf(options), text: textOf(rules, plan, options) }],
      grade: echoes ? 'same verdict' : 'equal',
      notes: echoes ? [REPEATED] : [],
      enforced: rules,
      lost: [],
    };
  },
  read: (text) => readExported(varnish, text),
};

const useOf = ({ name }: ExportOptions): string =>
  `Include it in your VCL before its subroutines: include "/etc/varnish/${name}.vcl";`;

const REPEATED: Note = {
  about:
    'VCL cannot remove duplicates from a list: a name that a preflight requests twice stands twice in Access-Control-Allow-Headers. Browsers send each name once.',
};

/** The headers that a bucket or an older VCL may have written. VCL has no form for all names with one beginning. */
const WRITTEN = [
  headers.ALLOW_ORIGIN,
  headers.ALLOW_METHODS,
  headers.ALLOW_HEADERS,
  headers.EXPOSE_HEADERS,
  headers.MAX_AGE,
  headers.ALLOW_CREDENTIALS,
  'Access-Control-Allow-Private-Network',
];

/** The headers of a preflight. Other requests lose them: a bucket's Vary may have their names. */
const REQUESTED = ['Access-Control-Request-Method', 'Access-Control-Request-Headers'] as const;
const [REQUEST_METHOD, REQUEST_HEADERS] = REQUESTED;

const collect = (header: string): string => `std.collect(req.http.${header}, ",");`;

interface Part {
  readonly about: string;
  readonly name: string;
  readonly lines: readonly string[];
}

function textOf(rules: CompiledRules, plan: Plan, options: ExportOptions): string {
  const facts = factsOf(options.name);
  const answer = `${options.name}_answer`;
  const isPreflight = 'if (req.method == "OPTIONS") {';
  const parts: readonly Part[] = [
    {
      about:
        'Several lines of a header become one list. Preflights are answered here, and do not reach the bucket.',
      name: 'vcl_recv',
      lines: [
        ...unsetFacts(facts),
        collect('Origin'),
        isPreflight,
        ...indent([...REQUESTED.map(collect), 'return (synth(200));']),
        '}',
        ...unsetAll('req', REQUESTED),
      ],
    },
    {
      about: 'The bucket has no part in CORS: one copy of an object serves every origin.',
      name: 'vcl_backend_fetch',
      lines: ['unset bereq.http.Origin;'],
    },
    {
      about: "A method that Varnish does not know is piped: the answer is the bucket's alone.",
      name: 'vcl_pipe',
      lines: ['unset bereq.http.Origin;'],
    },
    storedPart(),
    {
      about: 'One set of CORS headers, by the first rule that matches.',
      name: answer,
      lines: [
        ...unsetAll('resp', WRITTEN),
        ...factLines(facts),
        ...ruleLines(plan, facts),
        ...varyLines(plan),
      ],
    },
    {
      about: "Answers from the cache or the bucket, also its errors and Varnish's own.",
      name: 'vcl_deliver',
      lines: [`call ${answer};`],
    },
    {
      about: 'Preflights, and answers that your VCL writes itself.',
      name: 'vcl_synth',
      lines: [
        `call ${answer};`,
        isPreflight,
        ...indent([
          `set resp.http.Vary = ${string(plan.preflightVary.join(', '))};`,
          ...preflightLines(rules, plan, facts),
          'return (deliver);',
        ]),
        '}',
      ],
    },
  ];
  const subs = parts.map(
    ({ about, name, lines }) =>
      `# ${about}\nsub ${name} {\n${indent(lines.join('\n').split('\n')).join('\n')}\n}\n`,
  );
  return `${bannerOf('varnish', rules, options, '#', useOf(options))}\nvcl 4.1;\nimport std;\n\n${subs.join('\n')}`;
}

const unsetAll = (place: 'req' | 'beresp' | 'resp', names: readonly string[]): readonly string[] =>
  names.map((name) => `unset ${place}.http.${name};`);

/** A stored object has no CORS headers, and no `Origin` in its Vary, which would divide the cache by origins. */
const storedPart = (): Part => ({
  about: 'Objects are stored without CORS headers, and do not vary on what the bucket does not get.',
  name: 'vcl_backend_response',
  lines: [
    ...unsetAll('beresp', WRITTEN),
    'if (beresp.http.Vary) {',
    '    std.collect(beresp.http.Vary, ",");',
    '    set beresp.http.Vary = regsub(regsuball("," + beresp.http.Vary, "(?i),[ \\t]*origin[ \\t]*(?=,|$)", ""), "^,[ \\t]*", "");',
    '    if (beresp.http.Vary == "") {',
    '        unset beresp.http.Vary;',
    '    }',
    '}',
  ],
});

/** One origin, the method in question, and the requested names without blanks and empty ones. */
const factLines = ({ origin, method, names }: Facts): readonly string[] => [
  `set ${origin} = "";`,
  'if (req.http.Origin ~ "^[^, \\t]+$") {',
  `    set ${origin} = req.http.Origin;`,
  '}',
  `set ${method} = req.method;`,
  `set ${names} = "";`,
  'if (req.method == "OPTIONS") {',
  `    set ${method} = req.http.${REQUEST_METHOD};`,
  `    set ${names} = regsub(regsuball(std.tolower(req.http.${REQUEST_HEADERS}) + ",", "(?<![ \\t])[ \\t]*,[ \\t,]*", ","), "^,", "");`,
  '}',
];

const unsetFacts = ({ origin, method, names }: Facts): readonly string[] =>
  [origin, method, names].map((fact) => `unset ${fact};`);

function varyLines({ methods, otherMethod }: Plan): readonly string[] {
  const varies = methods.filter(({ variesByOrigin }) => variesByOrigin).map(({ method }) => method);
  if (varies.length === 0) return [];
  const isEach = otherMethod.variesByOrigin && varies.length === METHODS.length;
  return [
    ...(isEach ? [] : [`if (req.method ~ ${oneOf(varies)}) {`]),
    ...(isEach ? ADD_ORIGIN : indent(ADD_ORIGIN)),
    ...(isEach ? [] : ['}']),
  ];
}

const ADD_ORIGIN: readonly string[] = [
  'if (!resp.http.Vary) {',
  '    set resp.http.Vary = "Origin";',
  '} elseif (resp.http.Vary !~ "(?i)(^|,)[ \\t]*(origin|\\*)[ \\t]*(,|$)") {',
  '    set resp.http.Vary = resp.http.Vary + ", Origin";',
  '}',
];
