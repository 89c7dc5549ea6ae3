import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { openS3 } from './_aws.ts';
import { ruleOf } from './_rule-form.ts';
import type { RulesClient, RulesKind } from './_rules.ts';

export const AWS_RULES: RulesKind = {
  name: '@aws-sdk/client-s3',
  hasIds: true,
  open: (entry, keys) => awsRules(openS3(entry, keys), entry.bucket),
};

const awsRules = (s3: S3Client, Bucket: string): RulesClient => ({
  put: (rules) =>
    s3.send(
      new PutBucketCorsCommand({
        Bucket,
        CORSConfiguration: {
          CORSRules: rules.map(({ id, origins, methods, headers, exposed, maxAge }) => ({
            ID: id,
            AllowedOrigins: [...origins],
            AllowedMethods: [...methods],
            AllowedHeaders: headers && [...headers],
            ExposeHeaders: exposed && [...exposed],
            MaxAgeSeconds: maxAge,
          })),
        },
      }),
    ),
  async get() {
    const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    return CORSRules.map((rule) =>
      ruleOf({
        id: rule.ID,
        origins: rule.AllowedOrigins,
        methods: rule.AllowedMethods,
        headers: rule.AllowedHeaders,
        exposed: rule.ExposeHeaders,
        maxAge: rule.MaxAgeSeconds,
      }),
    );
  },
  remove: () => s3.send(new DeleteBucketCorsCommand({ Bucket })),
});
