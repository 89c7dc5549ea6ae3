import { readDocument } from '../../src/document/read.ts';
import { type ObsClient, openObs, resultOf } from './_obs.ts';
import { documentOf, ruleOf } from './_rule-form.ts';
import type { RulesClient, RulesKind } from './_rules.ts';

export const OBS_RULES: RulesKind = {
  name: 'esdk-obs-nodejs',
  hasIds: true,
  open: (entry, keys) => obsRules(openObs(entry, keys), entry.bucket),
};

/** Its calls are signed as S3 did before SigV4; its URLs by SigV4 serve where the edge verifies. */
export const OBS_URL_RULES: RulesKind = {
  name: 'esdk-obs-nodejs by signed URLs',
  hasIds: true,
  open: (entry, keys) => urlRules(openObs(entry, keys), entry.bucket),
};

type Fields = Readonly<Record<string, unknown>>;

const obsRules = (obs: Promise<ObsClient>, Bucket: string): RulesClient => ({
  put: (rules) =>
    resultOf(obs, (its) =>
      its.setBucketCors({
        Bucket,
        CorsRules: rules.map(({ id, origins, methods, headers, exposed, maxAge }) => ({
          ...(id !== undefined && { ID: id }),
          AllowedOrigin: origins,
          AllowedMethod: methods,
          ...(headers && { AllowedHeader: headers }),
          ...(exposed && { ExposeHeader: exposed }),
          ...(maxAge !== undefined && { MaxAgeSeconds: maxAge }),
        })),
      }),
    ),
  async get() {
    const { CorsRules } = await resultOf(obs, (its) => its.getBucketCors({ Bucket }));
    return (CorsRules as readonly Fields[]).map((rule) =>
      ruleOf({
        ...(rule.ID !== undefined && { id: rule.ID }),
        origins: rule.AllowedOrigin,
        methods: rule.AllowedMethod,
        headers: rule.AllowedHeader,
        exposed: rule.ExposeHeader,
        maxAge: rule.MaxAgeSeconds,
      }),
    );
  },
  remove: () => resultOf(obs, (its) => its.deleteBucketCors({ Bucket })),
});

function urlRules(obs: Promise<ObsClient>, Bucket: string): RulesClient {
  const send = async (Method: string, body?: string): Promise<string> => {
    const { SignedUrl } = (await obs).createV4SignedUrlSync({
      Method,
      Bucket,
      SpecialParam: 'cors',
      Expires: 60,
    });
    const answered = await fetch(SignedUrl, { method: Method, ...(body !== undefined && { body }) });
    const text = await answered.text();
    if (answered.ok) return text;
    throw Object.assign(new Error(text), { code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] });
  };
  return {
    put: (rules) => send('PUT', documentOf(rules)),
    async get() {
      const read = readDocument(await send('GET'), 'strict');
      if (!read.ok) throw new Error(JSON.stringify(read.faults));
      return read.ruleSet.rules.map((rule) =>
        ruleOf({
          ...(rule.id !== undefined && { id: rule.id }),
          origins: rule.allowedOrigins,
          methods: rule.allowedMethods,
          headers: rule.allowedHeaders,
          exposed: rule.exposeHeaders,
          maxAge: rule.maxAgeSeconds,
        }),
      );
    },
    remove: () => send('DELETE'),
  };
}
