import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { narrowed } from '../narrow.ts';
import type { Compiled, ExportFile, ExportOptions, Inexpressible, Target, Written } from '../target.ts';
import { type ErrorPolicy, errorPolicyOf } from './error-policy.ts';
import { type CloudFrontFunction, FUNCTION_LIMIT, functionOf } from './function.ts';
import { notesOn } from './notes.ts';
import { cacheBehavior, cachePolicy, jsonText, responseHeadersPolicy } from './policies.ts';
import { readCloudFront } from './read.ts';
import { terraformText } from './terraform.ts';

export const cloudfront: Target = {
  ...DESCRIPTIONS.cloudfront,
  compile,
  read: (text) => readCloudFront(cloudfront, text),
};

const FUNCTION_USE = 'A CloudFront function (cloudfront-js-2.0) for viewer-request and viewer-response.';
const TERRAFORM_USE =
  'Terraform: the function, its policies, and in comments the lines of the cache behaviour.';

function compile(given: CompiledRules, options: ExportOptions): Compiled {
  const make = (rules: CompiledRules) =>
    functionOf(rules, options.format === 'terraform' ? null : given, options, FUNCTION_USE);
  const whole = make(given);
  if (typeof whole !== 'number') return written(given, given, options, whole, []);
  const fit = firstThatFit(given, (rules) => typeof make(rules) !== 'number');
  const lost = tooLarge(given, whole, fit);
  const first = options.allowNarrower
    ? narrowed(given, (rule, number) => (number <= fit ? rule : null))
    : null;
  const made = first === null ? null : make(first);
  return first === null || made === null || typeof made === 'number'
    ? { ok: false, refused: [lost] }
    : written(given, first, options, made, [lost]);
}

/** How many of the rules, from the first, a function has room for. */
function firstThatFit(
  { rules, responseVary, behaviour }: CompiledRules,
  fits: (rules: CompiledRules) => boolean,
): number {
  const all = rules.map(({ rule }) => rule);
  let [fit, tooMany] = [0, all.length];
  while (tooMany - fit > 1) {
    const middle = Math.floor((fit + tooMany) / 2);
    if (fits(compileRules({ rules: all.slice(0, middle), responseVary }, behaviour))) fit = middle;
    else tooMany = middle;
  }
  return fit;
}

function tooLarge({ rules }: CompiledRules, bytes: number, fit: number): Inexpressible {
  const others = rules.slice(fit);
  return {
    rules: others.map(({ number }) => number),
    origins: [...new Set(others.flatMap(({ rule }) => rule.allowedOrigins))].slice(0, 10),
    methods: [],
    what: `The function has ${bytes} bytes without comments; CloudFront takes ${FUNCTION_LIMIT}.`,
    nearest: fit === 0 ? 'No rule has room.' : `The first ${fit} of the ${rules.length} rules have room.`,
  };
}

function written(
  given: CompiledRules,
  enforced: CompiledRules,
  options: ExportOptions,
  made: CloudFrontFunction,
  lost: readonly Inexpressible[],
): Written {
  const errors = errorPolicyOf(enforced);
  const write = options.format === 'terraform' ? terraformFiles : configFiles;
  return {
    ok: true,
    files: write(given, options, made, errors),
    grade: 'same verdict',
    notes: notesOn(enforced, errors),
    enforced,
    lost,
    methods: errors.methods,
    narrowerFrom: 400,
  };
}

const commentOf = ({ version }: ExportOptions): string => `bucket-cors ${version} export cloudfront`;

function configFiles(
  given: CompiledRules,
  options: ExportOptions,
  { text, hasRecord }: CloudFrontFunction,
  errors: ErrorPolicy,
): readonly ExportFile[] {
  const { name } = options;
  const comment = commentOf(options);
  const record = hasRecord ? [] : [recordFile(given, options)];
  return [
    { name: `${name}.js`, use: FUNCTION_USE, text },
    {
      name: `${name}.response-headers-policy.json`,
      use: 'aws cloudfront create-response-headers-policy --response-headers-policy-config: for answers of 400 and more.',
      text: jsonText(responseHeadersPolicy(name, comment, errors)),
    },
    {
      name: `${name}.cache-policy.json`,
      use: 'aws cloudfront create-cache-policy --cache-policy-config: no header is part of the key.',
      text: jsonText(cachePolicy(name, comment)),
    },
    {
      name: `${name}.cache-behavior.json`,
      use: 'The fields of the cache behaviour, for aws cloudfront update-distribution.',
      text: jsonText(cacheBehavior(errors)),
    },
    ...record,
  ];
}

/** The rules in a file of their own, for `audit`. */
function recordFile(given: CompiledRules, options: ExportOptions): ExportFile {
  const use =
    'The record of the export, for which the function has no room: for `bucket-cors audit cloudfront`.';
  return {
    name: `${options.name}.export.txt`,
    use,
    text: bannerOf('cloudfront', given, options, '#', use),
  };
}

function terraformFiles(
  given: CompiledRules,
  options: ExportOptions,
  { text }: CloudFrontFunction,
  errors: ErrorPolicy,
): readonly ExportFile[] {
  const banner = bannerOf('cloudfront', given, options, '#', TERRAFORM_USE);
  const resources = terraformText(options.name, commentOf(options), text, errors);
  return [{ name: `${options.name}.tf`, use: TERRAFORM_USE, text: `${banner}${resources}` }];
}
