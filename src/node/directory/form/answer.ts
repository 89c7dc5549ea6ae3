import { verifyForm } from '../../../bucket/verify/form.ts';
import type { Digests } from '../digest.ts';
import { answerEmpty, answerXml, bodyOf, type Exchange, setETag, urlOf } from '../exchange.ts';
import { segmentsOf } from '../names.ts';
import { placeOf } from '../place.ts';
import { refusal } from '../refusal.ts';
import type { Keys } from '../signature.ts';
import { writeObject } from '../store.ts';
import { documentOf, element } from '../xml.ts';
import { type Form, readForm } from './parse.ts';
import { isFault, policyFault, readPolicy, sizesOf } from './policy.ts';

/** Where the file of a form is stored, and who may sign one. */
export interface FormTarget {
  readonly root: string;
  readonly digests: Digests;
  readonly keys: Keys;
}

// They change what an upload does; ignoring them would answer a success that the store does not give.
const UNSUPPORTED = ['callback', 'x-oss-forbid-overwrite', 'x-oss-object-worm-mode'] as const;

/** A variable of both stores in the key of a form: `${filename}`. */
const FILE_NAME = /\$\{filename\}/g;

/** The key of the object, with the file's name in place of the variable. */
function keyOf({ fields, fileName }: Form): string {
  const key = fields.get('key');
  if (!key) throw refusal('InvalidArgument', 'Bucket POST must contain a field named "key".');
  return key.replaceAll(FILE_NAME, () => fileName);
}

async function checkSigner(form: Form, { dialect, credentials }: Keys): Promise<void> {
  const verified = await verifyForm(form.fields, { dialect, keys: credentials });
  if (verified.ok) return;
  const { code, message } = verified.refusal;
  const policy = form.fields.get('policy');
  const details = code === 'SignatureDoesNotMatch' && policy ? { StringToSign: policy } : {};
  throw refusal(code, message, {}, details);
}

/** Yields the file; throws a refusal if it is shorter or longer than its policy allows. */
async function* sized(
  file: AsyncIterable<Buffer>,
  { least, most }: { readonly least: number; readonly most: number },
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > most) throw refusal('EntityTooLarge');
    yield chunk;
  }
  if (size < least) throw refusal('EntityTooSmall');
}

async function storeFile(form: Form, key: string, { root, digests, keys }: FormTarget): Promise<string> {
  await checkSigner(form, keys);
  const policy = readPolicy(form.fields.get('policy') ?? '');
  if (isFault(policy)) throw refusal(policy.code, policy.message);
  const fields = new Map([...form.fields, ['key', key], ['bucket', keys.bucket]]);
  const fault = policyFault(policy, fields, { dialect: keys.dialect, now: keys.wallClock() });
  if (fault) throw refusal(fault.code, fault.message);
  const asked = UNSUPPORTED.find((name) => (form.fields.get(name) ?? 'false') !== 'false');
  if (asked)
    throw refusal('NotImplemented', `The directory bucket does not do what the field ${asked} asks for.`);
  const place = placeOf(root, segmentsOf(key));
  // A body that ends without its last boundary was cut off.
  return writeObject(place, digests, { stream: sized(form.file, sizesOf(policy)), check: () => form.end });
}

/** The URL that a page is sent to after its upload; null: none. */
function redirectOf(fields: Form['fields'], about: Readonly<Record<string, string>>): string | null {
  const url = URL.parse(fields.get('success_action_redirect') ?? fields.get('redirect') ?? '');
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  for (const [name, value] of Object.entries(about)) url.searchParams.append(name, value);
  return url.href;
}

function answerStored(
  exchange: Exchange,
  { fields }: Form,
  key: string,
  { bucket, prefix }: Keys,
  digest: string,
): void {
  const { response, protocol } = exchange;
  const etag = protocol.etag(digest);
  setETag(exchange, digest);
  const redirect = redirectOf(fields, { bucket, key, etag });
  if (redirect !== null) {
    response.statusCode = 303;
    response.setHeader('Location', redirect);
    response.setHeader('Content-Length', 0);
    response.end();
    return;
  }
  const location = urlOf(exchange, prefix, key);
  response.setHeader('Location', location);
  const status = fields.get('success_action_status');
  if (status !== '201') {
    answerEmpty(exchange, status === '200' ? 200 : 204);
    return;
  }
  const lines = [
    element('Bucket', bucket),
    element('ETag', etag),
    element('Key', key),
    element('Location', location),
  ];
  answerXml(exchange, 201, documentOf('PostResponse', '', lines));
}

/** Answers `POST /` with a form: PostObject of OSS, and POST Object of S3. */
export async function storeForm(exchange: Exchange, target: FormTarget): Promise<void> {
  const { request } = exchange;
  const form = await readForm(request.headers, bodyOf(request));
  try {
    const key = keyOf(form);
    const digest = await storeFile(form, key, target);
    answerStored(exchange, form, key, target.keys, digest);
  } finally {
    form.stop();
  }
}
