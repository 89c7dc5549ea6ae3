// CPU time to find which rules are reached, all findings about them, the minimal vectors, and the differences of two rule sets of 100 rules with 10
// origins each. The hostile rows have as many letters as a document may have. Then the findings about documents of 64 KB.
import { type CompiledRules, checkRules, compileRules, diffRules, reachOf, vectorsOf } from '../src/index.ts';
import { least } from './lib/goals.ts';
import { LARGE_DOCUMENTS } from './lib/large-documents.ts';
import { roundsOr } from './lib/rounds.ts';

const ROUNDS = roundsOr(4);
const RULES = 100;
const ORIGINS = 10;
/** Milliseconds for one rule set. */
const GOAL = 50;

const BEHAVIOUR = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;

type OriginOf = (rule: number, origin: number) => string;

const rulesOf = (originOf: OriginOf, headersOf = (_: number) => ['content-type', 'x-oss-*']): CompiledRules =>
  compileRules(
    {
      responseVary: false,
      rules: Array.from({ length: RULES }, (_, rule) => ({
        allowedOrigins: Array.from({ length: ORIGINS }, (_, origin) => originOf(rule, origin)),
        allowedMethods: ['GET', 'PUT', 'HEAD'],
        allowedHeaders: headersOf(rule),
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 600,
      })),
    },
    BEHAVIOUR,
  );

/** By name, two rule sets that differ a little. */
const CASES: readonly (readonly [name: string, before: CompiledRules, after: CompiledRules])[] = [
  [
    'exact origins',
    rulesOf((rule, origin) => `https://app-${rule}-${origin}.example.com`),
    rulesOf((rule, origin) => `https://app-${rule}-${origin + 1}.example.com`),
  ],
  [
    'wildcards for subdomains',
    rulesOf((rule, origin) => `https://*.team-${rule}-${origin}.example.com`),
    rulesOf((rule, origin) => `https://*.team-${rule}-${origin + 1}.example.com`),
  ],
  [
    'the same origins in every rule, other headers',
    rulesOf(
      (_, origin) => `https://app-${origin}.example.com`,
      (rule) => ['content-type', `x-${rule}`],
    ),
    rulesOf(
      (_, origin) => `https://app-${origin}.example.com`,
      (rule) => ['content-type', `x-${rule + 1}`],
    ),
  ],
  [
    'hostile: a class for every pair of entries',
    rulesOf((rule, origin) => `${'a'.repeat(rule)}*${'b'.repeat(RULES - rule)}${origin}`),
    rulesOf((rule, origin) => `${'a'.repeat(rule)}*${'b'.repeat(RULES - rule)}`.slice(origin)),
  ],
  [
    'hostile: prefix and suffix overlap in every entry',
    rulesOf((rule, origin) => `${'a'.repeat(50)}*${'a'.repeat(rule % 50)}${'a'.repeat(origin)}`),
    rulesOf((rule, origin) => `${'a'.repeat(40)}*${'a'.repeat(rule % 40)}${'a'.repeat(origin)}`),
  ],
];

const ruleSetOf = ({ rules, responseVary }: CompiledRules) => ({
  rules: rules.map(({ rule }) => rule),
  responseVary,
});

/** Milliseconds of CPU time: the least of the rounds, after one that is not counted. */
function measured(run: () => { readonly complete: boolean }): string {
  const { complete } = run();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return `${least(rounds).toFixed(1)}${complete ? '' : ' (stopped at the limit)'}`;
}

console.log(
  `\nAnalysis of ${RULES} rules with ${ORIGINS} origins each, ms of CPU time; goal for one set ${GOAL}\n`,
);
console.log('| rules | reached rules | all checks | vectors | differences of two sets |');
console.log('|---|---|---|---|---|');
for (const [name, before, after] of CASES) {
  const cells = [
    measured(() => reachOf(before)),
    measured(() => ({
      findings: checkRules(ruleSetOf(before), { behaviour: before.behaviour }),
      complete: true,
    })),
    measured(() => vectorsOf(before)),
    measured(() => diffRules(before, after)),
  ];
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}

console.log('\n| document of 64 KB | all checks |');
console.log('|---|---|');
for (const [name, ruleSet] of LARGE_DOCUMENTS) {
  const all = measured(() => ({ findings: checkRules(ruleSet, { behaviour: BEHAVIOUR }), complete: true }));
  console.log(`| ${name} | ${all} |`);
}
