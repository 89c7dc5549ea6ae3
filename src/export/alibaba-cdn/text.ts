import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import type { ExportFile, ExportOptions } from '../target.ts';
import { type CdnConfig, type CdnFunction, conditionFunction, headerFunction } from './functions.ts';

/**
 * The functions as a list, one a line: the API has no comments. A function refers to a condition by its name; the API wants
 * the id that a first call gives the condition.
 */
export function functionsFile({ conditions, headers }: CdnConfig, name: string): ExportFile {
  const functions: readonly CdnFunction[] = [
    ...conditions.map(conditionFunction),
    ...headers.map((header) =>
      header.condition === undefined
        ? headerFunction(header)
        : { ...headerFunction(header), parentId: header.condition.name },
    ),
  ];
  return {
    name: `${name}.json`,
    use:
      conditions.length === 0
        ? 'The parameter Functions of BatchSetCdnDomainConfig.'
        : 'The parameter Functions of two calls of BatchSetCdnDomainConfig: first the functions without parentId, then the others.',
    text: `[\n${functions.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`,
  };
}

/** A string of Terraform's language. `${` and `%{` begin templates there. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);

/** Terraform writes the ids of conditions itself. */
export function terraformFile(config: CdnConfig, rules: CompiledRules, options: ExportOptions): ExportFile {
  const { name } = options;
  const use = 'A module of Terraform with the provider aliyun/alicloud, 1.220.0 or later.';
  const blocks = [
    `variable "${name}_domain" {\n  description = "The accelerated domain name."\n  type        = string\n}\n`,
    ...config.conditions.map((rule) => resource(name, rule.name, conditionFunction(rule), null)),
    ...config.headers.map((header, at) =>
      resource(name, `${name}_header_${at + 1}`, headerFunction(header), header.condition?.name ?? null),
    ),
  ];
  return {
    name: `${name}.tf`,
    use,
    text: `${bannerOf('alibaba-cdn', rules, options, '#', use)}\n${blocks.join('\n')}`,
  };
}

function resource(variable: string, label: string, one: CdnFunction, parent: string | null): string {
  const fields: readonly (readonly [string, string])[] = [
    ['domain_name', `var.${variable}_domain`],
    ['function_name', quoted(one.functionName)],
    ...(parent === null ? [] : ([['parent_id', `alicloud_cdn_domain_config.${parent}.config_id`]] as const)),
  ];
  const width = Math.max(...fields.map(([name]) => name.length));
  const args = one.functionArgs.map(
    ({ argName, argValue }) =>
      `  function_args {\n    arg_name  = ${quoted(argName)}\n    arg_value = ${quoted(argValue)}\n  }\n`,
  );
  const lines = fields.map(([name, value]) => `  ${name.padEnd(width)} = ${value}\n`).join('');
  return `resource "alicloud_cdn_domain_config" "${label}" {\n${lines}\n${args.join('')}}\n`;
}
