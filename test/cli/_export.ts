import { exportOf } from '../../src/cli/export.ts';
import type { CompiledRules } from '../../src/cors/compile.ts';
import { bannerOf } from '../../src/export/banner.ts';
import { narrowed } from '../../src/export/narrow.ts';
import type { ExportFile, ExportOptions, Target, Written } from '../../src/export/target.ts';
import type { Prover } from '../../src/node/prove/prover.ts';
import { bannerTarget, engineProver } from '../export/_engine.ts';

const file = (name: string, text: string): ExportFile => ({ name, use: `Include ${name}.`, text });

const written = (
  rules: CompiledRules,
  files: readonly ExportFile[],
  more: Partial<Written> = {},
): Written => ({
  ok: true,
  files,
  grade: 'equal',
  notes: [],
  enforced: rules,
  lost: [],
  ...more,
});

const none = () => ({ ok: false as const, faults: [] });
const fetched = ({ bucketUrl, name }: ExportOptions) => `${name} fetches ${bucketUrl ?? 'a placeholder'}\n`;

/** One file that says where objects are fetched. */
const alone: Target = {
  name: 'alone',
  about: 'One file.',
  formats: ['config', 'terraform'],
  compile: (rules, options) =>
    written(rules, [file(`cors.${options.format === 'terraform' ? 'tf' : 'conf'}`, fetched(options))]),
  read: none,
};

/** Three files and notes. */
const several: Target = {
  name: 'several',
  about: 'Three files.',
  formats: ['config'],
  compile: (rules) =>
    written(
      rules,
      [file('cors.conf', 'one\n'), file('cors.location.inc', 'two\n'), file('policy.json', '{}\n')],
      {
        grade: 'same verdict',
        notes: [
          { about: 'The program joins header lines with a comma and no blank.' },
          {
            about: 'The vendor documents nothing about OPTIONS.',
            command: 'bucket-cors doctor https://DOMAIN/ --origin http://a.b',
          },
        ],
      },
    ),
  read: none,
};

/** Cannot say entries with `*`. */
const plain: Target = {
  name: 'plain',
  about: 'No patterns.',
  formats: ['config'],
  compile: (rules, options) => {
    const isPattern = (entry: string) => entry.includes('*');
    const lost = rules.rules
      .filter(({ rule }) => rule.allowedOrigins.some(isPattern))
      .map(({ rule, number }) => ({
        rules: [number],
        origins: rule.allowedOrigins.filter(isPattern),
        methods: rule.allowedMethods,
        what: 'The program has no patterns.',
        nearest: 'The other origins of the rule.',
      }));
    if (lost.length === 0)
      return written(rules, [file('cors.conf', bannerOf('plain', rules, options, '#', ''))]);
    const enforced = options.allowNarrower
      ? narrowed(rules, (rule) => {
          const allowedOrigins = rule.allowedOrigins.filter((entry) => !isPattern(entry));
          return allowedOrigins.length === 0 ? null : { ...rule, allowedOrigins };
        })
      : null;
    if (enforced === null) return { ok: false, refused: lost };
    return written(enforced, [file('cors.conf', bannerOf('plain', enforced, options, '#', ''))], { lost });
  },
  read: none,
};

/** Forgets the last rule. */
const wrong: Target = {
  ...bannerTarget,
  name: 'wrong',
  compile: (rules, options) => {
    const compiled = bannerTarget.compile({ ...rules, rules: rules.rules.slice(0, -1) }, options);
    return compiled.ok ? { ...compiled, enforced: rules } : compiled;
  },
};

const missing: Prover = {
  ...engineProver,
  program: 'nothingd',
  install: 'apt-get install nothing',
  isInstalled: async () => false,
};

const broken: Prover = {
  ...engineProver,
  start: async () => {
    throw new Error('node did not start: unknown directive');
  },
};

/** Has a program, but not for these rules. */
const settings: Target = {
  ...alone,
  name: 'settings',
  compile: (rules) => written(rules, [file('cors.json', '[]\n')], { unprovable: true }),
};

export const TARGETS: readonly Target[] = [
  alone,
  several,
  plain,
  bannerTarget,
  wrong,
  settings,
  { ...bannerTarget, name: 'missing' },
  { ...bannerTarget, name: 'broken' },
];

const PROVERS: ReadonlyMap<string, Prover> = new Map([
  ['banner', engineProver],
  ['wrong', engineProver],
  ['settings', engineProver],
  ['missing', missing],
  ['broken', broken],
]);

/** `export` with targets of the tests. */
export const exportTests = exportOf(
  TARGETS,
  async () => TARGETS,
  async () => PROVERS,
  400,
);
