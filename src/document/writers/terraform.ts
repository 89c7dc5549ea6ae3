import type { Dialect } from '../../cors/behaviour.ts';
import type { Rule, RuleSet } from '../../cors/rule.ts';

/** The resource of a store's provider, and the names of its arguments where the providers differ. */
interface Resource {
  readonly type: string;
  readonly exposeHeaders: string;
  readonly id?: string;
  readonly responseVary?: string;
}

/** Of aliyun/terraform-provider-alicloud and hashicorp/terraform-provider-aws. */
const RESOURCES: Readonly<Record<Dialect, Resource>> = {
  oss: { type: 'alicloud_oss_bucket_cors', exposeHeaders: 'expose_header', responseVary: 'response_vary' },
  s3: { type: 'aws_s3_bucket_cors_configuration', exposeHeaders: 'expose_headers', id: 'id' },
};

/** Writes the resource of Terraform that sets these rules for a bucket, formatted as `terraform fmt` does. */
export function toTerraform(ruleSet: RuleSet, store: Dialect, bucket: string): string {
  const resource = RESOURCES[store];
  const head: Arguments = [
    ['bucket', text(bucket)],
    ...(resource.responseVary === undefined
      ? []
      : [[resource.responseVary, String(ruleSet.responseVary)] as const]),
  ];
  return [
    `resource "${resource.type}" "cors" {`,
    ...aligned(head, '  '),
    ...ruleSet.rules.flatMap((rule) => [
      '',
      '  cors_rule {',
      ...aligned(argumentsOf(rule, resource), '    '),
      '  }',
    ]),
    '}',
    '',
  ].join('\n');
}

type Arguments = readonly (readonly [name: string, expression: string])[];

function argumentsOf(rule: Rule, { id, exposeHeaders }: Resource): Arguments {
  const listed = (name: string, list: readonly string[]): Arguments =>
    list.length === 0 ? [] : [[name, `[${list.map(text).join(', ')}]`]];
  return [
    ...(rule.id === undefined || id === undefined ? [] : [[id, text(rule.id)] as const]),
    ...listed('allowed_origins', rule.allowedOrigins),
    ...listed('allowed_methods', rule.allowedMethods),
    ...listed('allowed_headers', rule.allowedHeaders),
    ...listed(exposeHeaders, rule.exposeHeaders),
    ...(rule.maxAgeSeconds === undefined ? [] : [['max_age_seconds', String(rule.maxAgeSeconds)] as const]),
  ];
}

function aligned(list: Arguments, indent: string): readonly string[] {
  const width = Math.max(...list.map(([name]) => name.length));
  return list.map(([name, expression]) => `${indent}${name.padEnd(width)} = ${expression}`);
}

/** A quoted template of HCL: its escapes contain those of JSON for these values, and `${` and `%{` begin an expression. */
const text = (value: string): string => JSON.stringify(value).replace(/[$%](?=\{)/g, '$&$&');
