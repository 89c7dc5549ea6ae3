import COS from 'cos-nodejs-sdk-v5';
import { checkSignature } from '../../src/node/directory/signature.ts';
import type { ClientKind, Entry, Keys, ObjectClient } from './_client.ts';
import { refuse } from './_oss-acts.ts';
import type { Check } from './_oss-store.ts';

const PART = 4 * 2 ** 20;
export const COS_REGION = 'ap-guangzhou';
const Region = COS_REGION;

/**
 * The bucket in the path of `Domain` is in no signature, only the key. By default it signs the Host too, and Content-Length,
 * which is 0 in HEAD and DELETE and does not pass a proxy.
 */
export const openCos = ({ url, bucket }: Entry, { accessKey, secretKey }: Keys, signsHeaders = false): COS =>
  new COS({
    ...(signsHeaders
      ? { SecretId: accessKey, SecretKey: secretKey }
      : { getAuthorization: signWithoutHeaders(accessKey, secretKey) }),
    Domain: `${new URL(url).host}/${bucket}`,
    Protocol: 'http:',
    AutoSwitchHost: false,
    CorrectClockSkew: false,
    Timeout: 20_000,
  } as COS.COSOptions);

const signWithoutHeaders =
  (SecretId: string, SecretKey: string): COS.COSOptions['getAuthorization'] =>
  ({ Method, Pathname, Query }, done) =>
    done(
      COS.getAuthorization({
        SecretId,
        SecretKey,
        Method,
        Pathname,
        Query,
      } as COS.StaticGetAuthorizationOptions),
    );

const kind = (name: string, signsHeaders: boolean): ClientKind => ({
  name,
  refusedHead: '403',
  lacks: { form: 'it signs no forms' },
  open(entry, keys) {
    if (keys === null) throw new Error('not used without keys');
    return objectsOf(openCos(entry, keys, signsHeaders), entry.bucket);
  },
});

export const COS_DEFAULT = kind('cos-nodejs-sdk-v5', true);
export const COS_NO_HEADERS = kind('cos-nodejs-sdk-v5 that signs no headers', false);

function objectsOf(cos: COS, Bucket: string): ObjectClient {
  const at = (Key: string) => ({ Bucket, Region, Key });
  const sign = (Method: 'GET' | 'PUT', Key: string): Promise<string> =>
    new Promise((resolve, reject) => {
      cos.getObjectUrl({ ...at(Key), Method, Sign: true, Expires: 60 }, (error, { Url }) =>
        error ? reject(error) : resolve(Url),
      );
    });
  return {
    put: (key, Body) => cos.putObject({ ...at(key), Body }),
    get: async (key) => Buffer.from((await cos.getObject(at(key))).Body),
    async head(key) {
      const { headers = {}, ETag } = await cos.headObject(at(key));
      return { size: Number((headers as Record<string, string>)['content-length']), etag: ETag };
    },
    range: async (key, first, last) =>
      Buffer.from((await cos.getObject({ ...at(key), Range: `bytes=${first}-${last}` })).Body),
    async multipart(key, content) {
      const { UploadId } = await cos.multipartInit(at(key));
      const Parts: COS.Part[] = [];
      for (let PartNumber = 1; (PartNumber - 1) * PART < content.length; PartNumber += 1) {
        const Body = content.subarray((PartNumber - 1) * PART, PartNumber * PART);
        const { ETag } = await cos.multipartUpload({ ...at(key), UploadId, PartNumber, Body });
        Parts.push({ PartNumber, ETag });
      }
      return (await cos.multipartComplete({ ...at(key), UploadId, Parts })).ETag;
    },
    urlToPut: (key) => sign('PUT', key),
    urlToGet: (key) => sign('GET', key),
    form: () => Promise.reject(new Error('it signs no forms')),
    copy: (from, to) =>
      cos.putObjectCopy({
        ...at(to),
        CopySource: `${Bucket}.cos.${Region}.myqcloud.com/${encodeURIComponent(from)}`,
      }),
    async list(Prefix) {
      const { Contents } = await cos.getBucket({ Bucket, Region, Prefix });
      return Contents.map(({ Key }) => Key);
    },
    remove: (keys) => cos.deleteMultipleObject({ Bucket, Region, Objects: keys.map((Key) => ({ Key })) }),
  };
}

/** Checks a signature of COS with the SDK's own function, and the edge's own, by SigV4. */
export const checkCos =
  (bucket: string, { accessKey, secretKey }: Keys): Check =>
  async (incoming) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://store');
    const { authorization = '' } = incoming.headers;
    if (authorization.startsWith('AWS4')) {
      const credentials = [{ accessKeyId: accessKey, accessKeySecret: secretKey }];
      await checkSignature(incoming, {
        dialect: 's3',
        bucket,
        prefix: '',
        credentials: async () => credentials,
        wallClock: Date.now,
      });
      return;
    }
    const claim = authorization === '' ? searchParams : new URLSearchParams(authorization);
    const signature = claim.get('q-signature');
    if (signature === null) throw refuse(403, 'AccessDenied');
    const named = (list: string) => claim.get(list)?.split(';').filter(Boolean) ?? [];
    const right = COS.getAuthorization({
      SecretId: accessKey,
      SecretKey: secretKey,
      Method: incoming.method?.toLowerCase() as COS.Method,
      Pathname: decodeURIComponent(pathname),
      // The list has the names in lower case.
      Query: Object.fromEntries(
        [...searchParams].filter(([name]) => named('q-url-param-list').includes(name.toLowerCase())),
      ),
      Headers: Object.fromEntries(
        named('q-header-list').map((name) => [name, String(incoming.headers[name] ?? '')]),
      ),
      KeyTime: claim.get('q-key-time') ?? '',
      ForceSignHost: false,
    } as COS.StaticGetAuthorizationOptions);
    if (new URLSearchParams(right).get('q-signature') !== signature)
      throw refuse(403, 'SignatureDoesNotMatch');
  };
