import { METHODS } from '../../cors/rule.ts';
import { BUCKET_HEADERS } from '../bucket-headers.ts';
import type { Plan } from '../plan.ts';
import { oneOf, string } from './quote.ts';
import { FACTS, indent, ruleLines } from './rules.ts';

/** A subroutine of VCL. Those with names of Varnish's are joined to the operator's subroutines of the same name. */
export interface Subroutine {
  readonly about: string;
  readonly name: string;
  /** A comment beside the name. */
  readonly remark?: string;
  readonly lines: readonly string[];
}

/** The headers of a preflight. Other requests lose them: a bucket's Vary may have their names. */
const REQUESTED = ['Access-Control-Request-Method', 'Access-Control-Request-Headers'] as const;
const [REQUEST_METHOD, REQUEST_HEADERS] = REQUESTED;

const PREFLIGHT = 'if (req.method == "OPTIONS") {';

const collect = (header: string): string => `std.collect(req.http.${header}, ",");`;

const { origin, method, names } = FACTS;

const unsetAll = (place: 'req' | 'beresp' | 'resp', names: readonly string[]): readonly string[] =>
  names.map((name) => `unset ${place}.http.${name};`);

export const RECEIVED: Subroutine = {
  about:
    'Several lines of a header become one list. Preflights are answered here, and do not reach the bucket.',
  name: 'vcl_recv',
  lines: [
    ...[origin, method, names].map((fact) => `unset ${fact};`),
    collect('Origin'),
    PREFLIGHT,
    ...indent([...REQUESTED.map(collect), 'return (synth(200));']),
    '}',
    ...unsetAll('req', REQUESTED),
  ],
};

/** A stored object has no CORS headers, and no `Origin` in its Vary, which would divide the cache by origins. */
export const BACKEND: readonly Subroutine[] = [
  {
    about: 'The bucket has no part in CORS: one copy of an object serves every origin.',
    name: 'vcl_backend_fetch',
    lines: ['unset bereq.http.Origin;'],
  },
  {
    about:
      'Varnish pipes methods that it does not know: the answer would be raw, and what follows on the connection too.',
    name: 'vcl_pipe',
    lines: ['return (synth(405));'],
  },
  {
    about: 'Objects are stored without CORS headers, and do not vary on what the bucket does not get.',
    name: 'vcl_backend_response',
    lines: [
      ...unsetAll('beresp', BUCKET_HEADERS),
      'if (beresp.http.Vary) {',
      ...indent([
        'std.collect(beresp.http.Vary, ",");',
        'set beresp.http.Vary = regsuball("," + beresp.http.Vary, "(?i),[ \\t]*origin[ \\t]*(?=,|$)", "");',
        'set beresp.http.Vary = regsub(beresp.http.Vary, "^,[ \\t]*", "");',
        'if (beresp.http.Vary == "") {',
        '    unset beresp.http.Vary;',
        '}',
      ]),
      '}',
    ],
  },
];

/** The same in every export: a VCL with two would answer each request by the rules of both, and is not compiled. */
const ANSWER = 'bucket_cors_answer';

/** The CORS headers of `resp`, for Varnish's subroutines of the client's side to call. */
export const answered = (plan: Plan): Subroutine => ({
  about: 'One set of CORS headers, by the first rule that matches.',
  name: ANSWER,
  // The compiler shows this line where it finds a second one.
  remark: 'A VCL has one export. Another site has its own VCL, with a label.',
  lines: [...unsetAll('resp', BUCKET_HEADERS), ...FACT_LINES, ...ruleLines(plan), ...varyLines(plan)],
});

/**
 * One origin, the method in question, and the requested names without blanks and empty ones. Without the look-behind, many
 * blanks take quadratic time.
 */
const FACT_LINES: readonly string[] = [
  `set ${origin} = "";`,
  'if (req.http.Origin ~ "^[^, \\t]+$") {',
  `    set ${origin} = req.http.Origin;`,
  '}',
  `set ${method} = req.method;`,
  `set ${names} = "";`,
  PREFLIGHT,
  ...indent([
    `set ${method} = req.http.${REQUEST_METHOD};`,
    `set ${names} = std.tolower(req.http.${REQUEST_HEADERS}) + ",";`,
    `set ${names} = regsub(regsuball(${names}, "(?<![ \\t])[ \\t]*,[ \\t,]*", ","), "^,", "");`,
  ]),
  '}',
];

function varyLines({ methods, otherMethod }: Plan): readonly string[] {
  const varies = methods.filter(({ variesByOrigin }) => variesByOrigin).map(({ method }) => method);
  if (varies.length === 0) return [];
  const isEach = otherMethod.variesByOrigin && varies.length === METHODS.length;
  return isEach ? ADD_ORIGIN : [`if (req.method ~ ${oneOf(varies)}) {`, ...indent(ADD_ORIGIN), '}'];
}

const ADD_ORIGIN: readonly string[] = [
  'if (!resp.http.Vary) {',
  '    set resp.http.Vary = "Origin";',
  '} elseif (resp.http.Vary !~ "(?i)(^|,)[ \\t]*(origin|\\*)[ \\t]*(,|$)") {',
  '    set resp.http.Vary = resp.http.Vary + ", Origin";',
  '}',
];

export const DELIVERED: Subroutine = {
  about: "Answers from the cache or the bucket, also its errors and Varnish's own.",
  name: 'vcl_deliver',
  lines: [`call ${ANSWER};`],
};

/** `preflight` sets the status and the body of a preflight's answer. */
export const synthesized = (plan: Plan, preflight: readonly string[]): Subroutine => ({
  about: 'Preflights, and answers that your VCL writes itself.',
  name: 'vcl_synth',
  lines: [
    `call ${ANSWER};`,
    PREFLIGHT,
    ...indent([
      `set resp.http.Vary = ${string(plan.preflightVary.join(', '))};`,
      ...preflight,
      'return (deliver);',
    ]),
    '}',
  ],
});
