import type { Dialect } from '../../cors/behaviour.ts';
import type { Rule, RuleSet } from '../../cors/rule.ts';
import { type FullForm, GCS_JSON, OSS_JSON, R2_JSON, S3_JSON } from '../forms.ts';

/** Writes ossutil's form. It carries ResponseVary but not the ID of a rule, which OSS does not have. */
export function toOssJson(ruleSet: RuleSet): string {
  return written({
    CORSRule: ruleSet.rules.map((rule) => ruleIn(OSS_JSON, rule)),
    ResponseVary: ruleSet.responseVary,
  });
}

/** Writes the form of the S3 command line. It carries the ID of a rule but not ResponseVary, which S3 does not have. */
export function toS3Json(ruleSet: RuleSet): string {
  return written({
    CORSRules: ruleSet.rules.map((rule) => ({
      ...(rule.id === undefined ? {} : { [S3_JSON.fields.id]: rule.id }),
      ...ruleIn(S3_JSON, rule),
    })),
  });
}

/** Writes the form of Cloudflare R2's API and of wrangler, without ResponseVary. */
export function toR2Json(ruleSet: RuleSet): string {
  const inner = (name: string) => name.replace(/^allowed\//, '');
  return written({
    rules: ruleSet.rules.map((rule) => {
      const all = Object.entries(ruleIn(R2_JSON, rule));
      const allowed = all.filter(([name]) => name.includes('/')).map(([name, list]) => [inner(name), list]);
      return {
        ...(rule.id === undefined ? {} : { [R2_JSON.fields.id]: rule.id }),
        allowed: Object.fromEntries(allowed),
        ...Object.fromEntries(all.filter(([name]) => !name.includes('/'))),
      };
    }),
  });
}

/** Writes the list that gcloud and gsutil take. Its one list of headers is that of the exposed headers. */
export function toGcsJson(ruleSet: RuleSet): string {
  const { fields } = GCS_JSON;
  return written(
    ruleSet.rules.map((rule) => ({
      [fields.allowedOrigins]: rule.allowedOrigins,
      [fields.allowedMethods]: rule.allowedMethods,
      ...(rule.exposeHeaders.length === 0 ? {} : { [fields.allowedHeaders]: rule.exposeHeaders }),
      ...(rule.maxAgeSeconds === undefined ? {} : { [fields.maxAgeSeconds]: rule.maxAgeSeconds }),
    })),
  );
}

function ruleIn({ fields }: FullForm, rule: Rule): Readonly<Record<string, readonly string[] | number>> {
  return {
    [fields.allowedOrigins]: rule.allowedOrigins,
    [fields.allowedMethods]: rule.allowedMethods,
    ...(rule.allowedHeaders.length === 0 ? {} : { [fields.allowedHeaders]: rule.allowedHeaders }),
    ...(rule.exposeHeaders.length === 0 ? {} : { [fields.exposeHeaders]: rule.exposeHeaders }),
    ...(rule.maxAgeSeconds === undefined ? {} : { [fields.maxAgeSeconds]: rule.maxAgeSeconds }),
  };
}

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes the JSON of each store's own tools. */
export const TO_STORE_JSON: Readonly<Record<Dialect, (ruleSet: RuleSet) => string>> = {
  oss: toOssJson,
  s3: toS3Json,
};
