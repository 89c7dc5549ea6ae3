import type OSS from 'ali-oss';
import { openOss } from './_ali-oss.ts';
import { ruleOf } from './_rule-form.ts';
import type { RulesClient, RulesKind } from './_rules.ts';

export const ALI_OSS_RULES = [false, true].map(
  (v4): RulesKind => ({
    name: `ali-oss ${v4 ? 'V4' : 'V1'}`,
    hasDocuments: true,
    open: (entry, keys) => ossRules(openOss(entry, keys, v4), entry.bucket),
  }),
);

const ossRules = (oss: OSS, bucket: string): RulesClient => ({
  put: (rules) =>
    oss.putBucketCORS(
      bucket,
      rules.map(({ origins, methods, headers, exposed, maxAge }) => ({
        allowedOrigin: [...origins],
        allowedMethod: [...methods],
        ...(headers && { allowedHeader: [...headers] }),
        ...(exposed && { exposeHeader: [...exposed] }),
        ...(maxAge !== undefined && { maxAgeSeconds: String(maxAge) }),
      })),
    ),
  async get() {
    const { rules } = await oss.getBucketCORS(bucket);
    return rules.map(({ allowedOrigin, allowedMethod, allowedHeader, exposeHeader, maxAgeSeconds }) =>
      ruleOf({
        origins: allowedOrigin,
        methods: allowedMethod,
        headers: allowedHeader,
        exposed: exposeHeader,
        maxAge: maxAgeSeconds,
      }),
    );
  },
  remove: () => oss.deleteBucketCORS(bucket),
  document: {
    put: (content) => rulesRequest(oss, { method: 'PUT', bucket, content }),
    get: async (): Promise<string> => String((await rulesRequest(oss, { method: 'GET', bucket })).data),
  },
});

/** `putBucketCORS` has no parameter for ResponseVary: it goes by the method beneath it, which has no type. */
const rulesRequest = (
  oss: OSS,
  about: { readonly method: string; readonly bucket: string; readonly content?: string },
): Promise<{ readonly data: unknown }> =>
  (oss as unknown as { request(about: object): Promise<{ readonly data: unknown }> }).request({
    ...about,
    subres: 'cors',
    mime: 'xml',
    successStatuses: [200],
  });
