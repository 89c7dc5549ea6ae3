import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { ClientKind, Entry, Keys, ObjectClient } from './_client.ts';

interface ObsResult {
  readonly CommonMsg: { readonly Status: number; readonly Code: string; readonly Message: string };
  // The calls' results, which the package does not declare.
  readonly InterfaceResult: Readonly<Record<string, unknown>> | null;
}

type Call = (parameters: Readonly<Record<string, unknown>>) => Promise<ObsResult>;

/** The calls of esdk-obs-nodejs that the tests use; the package has no types. */
export interface ObsClient {
  readonly putObject: Call;
  readonly getObject: Call;
  readonly getObjectMetadata: Call;
  readonly initiateMultipartUpload: Call;
  readonly uploadPart: Call;
  readonly completeMultipartUpload: Call;
  readonly copyObject: Call;
  readonly listObjects: Call;
  readonly deleteObjects: Call;
  readonly setBucketCors: Call;
  readonly getBucketCors: Call;
  readonly deleteBucketCors: Call;
  createV4SignedUrlSync(about: Readonly<Record<string, unknown>>): { readonly SignedUrl: string };
  createPostSignatureSync(about: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
}

const Obs = createRequire(import.meta.url)('esdk-obs-nodejs') as new (
  options: Readonly<Record<string, unknown>>,
) => ObsClient;

const PART = 5 * 2 ** 20;

/** An address by number makes it path-style. It signs headers as S3 did before SigV4, and URLs by SigV4. */
export async function openObs(
  { url }: Pick<Entry, 'url'>,
  { accessKey, secretKey }: Keys,
): Promise<ObsClient> {
  const obs = new Obs({
    access_key_id: accessKey,
    secret_access_key: secretKey,
    server: url,
    path_style: true,
    signature: 'v2',
    region: 'us-east-1',
    max_retry_count: 0,
    timeout: 20,
  });
  // The constructor goes on after it has returned: a call before that fails with a TypeError.
  await setImmediate();
  return obs;
}

/** Makes a call. A refusal, which the SDK resolves with, is thrown. */
export async function resultOf(
  opening: Promise<ObsClient>,
  call: (obs: ObsClient) => Promise<ObsResult>,
): Promise<Readonly<Record<string, unknown>>> {
  const { CommonMsg, InterfaceResult } = await call(await opening);
  const { Status, Code, Message } = CommonMsg;
  if (Status >= 300)
    throw Object.assign(new Error(Message), { code: Code || String(Status), status: Status });
  return InterfaceResult ?? {};
}

export const OBS: ClientKind = {
  name: 'esdk-obs-nodejs',
  refusedHead: '403',
  open(entry, keys) {
    if (keys === null) throw new Error('not used without keys');
    return objectsOf(openObs(entry, keys), entry, keys);
  },
};

function objectsOf(
  obs: Promise<ObsClient>,
  { url, bucket: Bucket }: Entry,
  { accessKey }: Keys,
): ObjectClient {
  const read = async (about: Readonly<Record<string, unknown>>): Promise<Buffer> => {
    const { Content } = await resultOf(obs, (its) => its.getObject({ Bucket, ...about }));
    // The SDK returns text, or a stream: the contents of the tests are text.
    return Buffer.from(Content as string | Uint8Array);
  };
  const sign = async (Method: string, Key: string) =>
    (await obs).createV4SignedUrlSync({ Method, Bucket, Key, Expires: 60 }).SignedUrl;
  return {
    put: (Key, Body) => resultOf(obs, (its) => its.putObject({ Bucket, Key, Body: String(Body) })),
    get: (Key) => read({ Key }),
    async head(Key) {
      const { ContentLength, ETag } = await resultOf(obs, (its) => its.getObjectMetadata({ Bucket, Key }));
      return { size: Number(ContentLength), etag: String(ETag) };
    },
    range: (Key, first, last) => read({ Key, Range: `bytes=${first}-${last}` }),
    async multipart(Key, content) {
      const { UploadId } = await resultOf(obs, (its) => its.initiateMultipartUpload({ Bucket, Key }));
      const Parts: { PartNumber: number; ETag: unknown }[] = [];
      for (let PartNumber = 1; (PartNumber - 1) * PART < content.length; PartNumber += 1) {
        const Body = String(content.subarray((PartNumber - 1) * PART, PartNumber * PART));
        const { ETag } = await resultOf(obs, (its) =>
          its.uploadPart({ Bucket, Key, PartNumber, UploadId, Body }),
        );
        Parts.push({ PartNumber, ETag });
      }
      const { ETag } = await resultOf(obs, (its) =>
        its.completeMultipartUpload({ Bucket, Key, UploadId, Parts }),
      );
      return String(ETag);
    },
    urlToPut: (key) => sign('PUT', key),
    urlToGet: (key) => sign('GET', key),
    async form(key) {
      const signed = (await obs).createPostSignatureSync({ Bucket, Key: key, Expires: 60 });
      const fields = { key, AWSAccessKeyId: accessKey, policy: signed.Policy, signature: signed.Signature };
      return { url: `${url}/${Bucket}`, fields: fields as Record<string, string> };
    },
    copy: (from, Key) =>
      resultOf(obs, (its) => its.copyObject({ Bucket, Key, CopySource: `${Bucket}/${from}` })),
    async list(Prefix) {
      const { Contents } = await resultOf(obs, (its) => its.listObjects({ Bucket, Prefix }));
      return (Contents as readonly { readonly Key: string }[]).map(({ Key }) => Key);
    },
    remove: (keys) =>
      resultOf(obs, (its) => its.deleteObjects({ Bucket, Objects: keys.map((Key) => ({ Key })) })),
  };
}
