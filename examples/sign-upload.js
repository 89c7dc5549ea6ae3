// Signs as an application's server does, by OSS V1, and prints what a page or curl sends. Valid for 15 minutes.
//   node examples/sign-upload.js PUT uploads/a.txt     a URL that writes the object
//   node examples/sign-upload.js GET '?prefix=a'       a URL that lists the bucket
//   node examples/sign-upload.js form uploads/         the fields of a form for keys that begin like this
import { createHmac } from 'node:crypto';

const { OSS_ACCESS_KEY_ID = '', OSS_ACCESS_KEY_SECRET = '', BUCKET = 'bucket' } = process.env;
const { EDGE = 'http://127.0.0.1:8080' } = process.env;
const VALID_MS = 15 * 60 * 1000;

const sign = (text) => createHmac('sha1', OSS_ACCESS_KEY_SECRET).update(text).digest('base64');

function urlOf(method, key) {
  const expires = String(Math.floor((Date.now() + VALID_MS) / 1000));
  // The parameters of a listing are not signed.
  const path = key.startsWith('?') ? '' : key;
  const url = new URL(`${EDGE}/${key}`);
  url.searchParams.set('OSSAccessKeyId', OSS_ACCESS_KEY_ID);
  url.searchParams.set('Expires', expires);
  url.searchParams.set('Signature', sign(`${method}\n\n\n${expires}\n/${BUCKET}/${path}`));
  return url.href;
}

function formOf(prefix) {
  const expiration = new Date(Date.now() + VALID_MS).toISOString();
  const conditions = [
    { bucket: BUCKET },
    ['starts-with', '$key', prefix],
    ['content-length-range', 1, 1_000_000],
  ];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the store puts the file's name here
  const key = prefix.concat('${filename}');
  const fields = { key, OSSAccessKeyId: OSS_ACCESS_KEY_ID, policy, Signature: sign(policy) };
  // In the form of a file for `curl --config`.
  return Object.entries(fields)
    .map(([name, value]) => `form = "${name}=${value}"`)
    .join('\n');
}

const [what = 'PUT', key = ''] = process.argv.slice(2);
console.log(what === 'form' ? formOf(key) : urlOf(what, key));
