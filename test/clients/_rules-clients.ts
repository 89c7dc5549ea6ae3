import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type OSS from 'ali-oss';
import type COS from 'cos-nodejs-sdk-v5';
import { readDocument } from '../../src/document/read.ts';
import { openOss } from './_ali-oss.ts';
import { openS3 } from './_aws.ts';
import { COS_REGION, openCos } from './_cos.ts';
import { type ObsClient, openObs, resultOf } from './_obs.ts';
import type { RulesClient, RulesKind, TestRule } from './_rules.ts';

export const ALI_OSS_RULES = [false, true].map(
  (v4): RulesKind => ({
    name: `ali-oss ${v4 ? 'V4' : 'V1'}`,
    hasDocuments: true,
    open: (entry, keys) => ossRules(openOss(entry, keys, v4), entry.bucket),
  }),
);

export const AWS_RULES: RulesKind = {
  name: '@aws-sdk/client-s3',
  hasIds: true,
  open: (entry, keys) => awsRules(openS3(entry, keys), entry.bucket),
};

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

export const COS_RULES: RulesKind = {
  name: 'cos-nodejs-sdk-v5 that signs no headers',
  hasIds: true,
  withoutRules: [],
  open: (entry, keys) => cosRules(openCos(entry, keys), entry.bucket),
};

/** A list of the SDKs, sorted, as the gateway stores sets. They give one value as a text, and leave an empty list out. */
function listOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const list = [value].flat().map(String).sort();
  return list.length === 0 ? undefined : list;
}

interface Found {
  readonly id?: unknown;
  readonly origins: unknown;
  readonly methods: unknown;
  readonly headers: unknown;
  readonly exposed: unknown;
  readonly maxAge: unknown;
}

function ruleOf({ id, origins, methods, headers, exposed, maxAge }: Found): TestRule {
  const [allowedHeaders, exposedHeaders] = [listOf(headers), listOf(exposed)];
  return {
    ...(listOf(id) && { id: String(id) }),
    origins: listOf(origins) ?? [],
    methods: listOf(methods) ?? [],
    ...(allowedHeaders && { headers: allowedHeaders }),
    ...(exposedHeaders && { exposed: exposedHeaders }),
    ...(listOf(maxAge) && { maxAge: Number(maxAge) }),
  };
}

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

/** A document as a person writes it: faulty rules stay faulty. */
function documentOf(rules: readonly TestRule[]): string {
  const each = (name: string, values: readonly string[] = []) =>
    values.map((value) => `<${name}>${value}</${name}>`).join('');
  const elements = rules.map(({ id, origins, methods, headers, exposed, maxAge }) =>
    [
      each('ID', id === undefined ? [] : [id]),
      each('AllowedOrigin', origins),
      each('AllowedMethod', methods),
      each('AllowedHeader', headers),
      each('ExposeHeader', exposed),
      each('MaxAgeSeconds', maxAge === undefined ? [] : [String(maxAge)]),
    ].join(''),
  );
  const body = elements.map((element) => `<CORSRule>${element}</CORSRule>`).join('');
  return `<CORSConfiguration>${body}</CORSConfiguration>`;
}
