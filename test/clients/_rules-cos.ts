import type COS from 'cos-nodejs-sdk-v5';
import { COS_REGION, openCos } from './_cos.ts';
import { ruleOf } from './_rule-form.ts';
import type { RulesClient, RulesKind } from './_rules.ts';

export const COS_RULES: RulesKind = {
  name: 'cos-nodejs-sdk-v5 that signs no headers',
  hasIds: true,
  withoutRules: [],
  open: (entry, keys) => cosRules(openCos(entry, keys), entry.bucket),
};

type Fields = Readonly<Record<string, unknown>>;

function cosRules(cos: COS, Bucket: string): RulesClient {
  const at = { Bucket, Region: COS_REGION };
  return {
    put: (rules) =>
      cos.putBucketCors({
        ...at,
        CORSRules: rules.map(({ id, origins, methods, headers, exposed, maxAge }) => ({
          ...(id !== undefined && { ID: id }),
          AllowedOrigin: [...origins],
          AllowedMethod: [...methods],
          ...(headers && { AllowedHeader: [...headers] }),
          ...(exposed && { ExposeHeader: [...exposed] }),
          ...(maxAge !== undefined && { MaxAgeSeconds: String(maxAge) }),
        })) as unknown as COS.CORSRule[],
      }),
    async get() {
      const { CORSRules } = await cos.getBucketCors(at);
      return (CORSRules as unknown as readonly Fields[]).map((rule) =>
        ruleOf({
          ...(rule.ID !== undefined && { id: rule.ID }),
          origins: rule.AllowedOrigins,
          methods: rule.AllowedMethods,
          headers: rule.AllowedHeaders,
          exposed: rule.ExposeHeaders,
          maxAge: rule.MaxAgeSeconds,
        }),
      );
    },
    remove: () => cos.deleteBucketCors(at),
  };
}
