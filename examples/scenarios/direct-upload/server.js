// The part of a page's server that signs uploads, with ali-oss.
import OSS from 'ali-oss';

const EDGE = 'files.example.com';

/** Returns an upload URL for one key and one type, valid for a minute. The page must be allowed to upload it. */
export async function uploadUrl({ region, bucket, accessKeyId, accessKeySecret }, key, type) {
  const client = new OSS({
    region,
    bucket,
    accessKeyId,
    accessKeySecret,
    secure: true,
    authorizationV4: true,
  });
  const signed = new URL(await client.signatureUrlV4('PUT', 60, { headers: { 'Content-Type': type } }, key));
  // OSS signs the bucket and the key, not the host: the URL stays valid at the edge.
  signed.host = EDGE;
  return signed.href;
}
