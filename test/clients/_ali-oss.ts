import OSS from 'ali-oss';
import type { ClientKind, Entry, Keys, ObjectClient } from './_client.ts';

const PART = 4 * 2 ** 20;

const asName = (url: string): string => url.replace('127.0.0.1', 'localhost');

/**
 * Path-style: `sldEnable` writes the bucket into the path. The endpoint is a name, because the SDK signs no URLs for an IP
 * address.
 */
export const openOss = ({ url, bucket }: Entry, { accessKey, secretKey, token }: Keys, v4: boolean): OSS =>
  new OSS({
    accessKeyId: accessKey,
    accessKeySecret: secretKey,
    // Without the function the SDK warns that the token expires.
    ...(token && { stsToken: token, refreshSTSToken: () => Promise.reject(new Error('not expired')) }),
    bucket,
    region: 'oss-cn-hangzhou',
    endpoint: asName(url),
    sldEnable: true,
    authorizationV4: v4,
    retryMax: 0,
    timeout: 20_000,
  } as OSS.Options);

const kind = (name: string, v4: boolean): ClientKind => ({
  name,
  refusedHead: 'UnknownError',
  open(entry, keys) {
    if (keys === null) throw new Error('ali-oss signs every request');
    return objectsOf(openOss(entry, keys, v4), entry, v4);
  },
});

export const ALI_OSS = [kind('ali-oss V1', false), kind('ali-oss V4', true)] as const;

function objectsOf(oss: OSS, { url, bucket }: Entry, v4: boolean): ObjectClient {
  const sign = (method: 'GET' | 'PUT', key: string): Promise<string> =>
    v4
      ? oss.signatureUrlV4(method, 60, { headers: {}, queries: {} }, key)
      : Promise.resolve(oss.signatureUrl(key, { method, expires: 60 }));
  return {
    put: (key, content) => oss.put(key, content),
    get: async (key) => (await oss.get(key)).content as Buffer,
    async head(key) {
      const { res } = await oss.head(key);
      const { 'content-length': size, etag } = res.headers as Record<string, string>;
      return { size: Number(size), etag: etag ?? '' };
    },
    async range(key, first, last) {
      const { res, content } = await oss.get(key, { headers: { Range: `bytes=${first}-${last}` } });
      if (res.status !== 206) throw new Error(`status ${res.status}`);
      return content as Buffer;
    },
    async multipart(key, content) {
      // Of the types' own: a Buffer is accepted too.
      const { etag } = (await oss.multipartUpload(key, content, { partSize: PART })) as { etag?: string };
      return etag ?? '';
    },
    urlToPut: (key) => sign('PUT', key),
    urlToGet: (key) => sign('GET', key),
    async form(key) {
      const expiration = new Date(Date.now() + 60_000).toISOString();
      const conditions = [['starts-with', '$key', key]];
      const signed = oss.calculatePostSignature({ expiration, conditions });
      return { url: `${asName(url)}/${bucket}`, fields: { key, ...signed } };
    },
    copy: (from, to) => oss.copy(to, from),
    async list(prefix) {
      const { objects } = await oss.listV2({ prefix, 'max-keys': '100' }, {});
      return (objects ?? []).map(({ name }) => name);
    },
    remove: (keys) => oss.deleteMulti([...keys]),
  };
}
