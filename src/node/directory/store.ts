import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { codeOf } from '../system-error.ts';
import { checkDigest, type Digests, promisedDigest } from './digest.ts';
import { answerEmpty, type Exchange, setETag } from './exchange.ts';
import { payloadOf } from './payload.ts';
import { foldersExist, kindAt, makeFolders, type Place, removeEmptyFolders } from './place.ts';
import { refusal } from './refusal.ts';
import { openTemporary, type Temporary } from './temporary.ts';

// Another request may find a new folder empty and remove it, so making folders is retried.
const MAX_ATTEMPTS = 20;

async function prepare(place: Place): Promise<Temporary> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeFolders(place);
      return await openTemporary(place.folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Throws a refusal unless the target is a file or absent, and no parent is a symbolic link. */
async function checkTarget(place: Place): Promise<void> {
  if (!(await foldersExist(place))) throw refusal('FileAlreadyExists');
  const kind = await kindAt(place.path);
  if (kind === 'folder' || kind === 'other') throw refusal('FileAlreadyExists');
}

/** The content of an object to write. */
export interface Content {
  readonly stream: AsyncIterable<Buffer>;
  /** Called with the content's digest before the object is visible; throws to refuse it. */
  readonly check?: (digest: string) => void | Promise<void>;
  /** The digest of an object that was uploaded in parts, in place of its content's. */
  readonly composite?: string;
}

async function fill(place: Place, temporary: Temporary, digests: Digests, content: Content): Promise<string> {
  await checkTarget(place);
  const hash = createHash('md5');
  await temporary.handle.writeFile(hashed(content.stream, hash));
  const digest = hash.digest('hex').toUpperCase();
  await content.check?.(digest);
  await checkTarget(place);
  const stat = await temporary.handle.stat({ bigint: true });
  if (content.composite === undefined) {
    await digests.forget(place.path);
    digests.note(place.path, stat, digest);
  } else await digests.noteComposite(place.path, stat, content.composite);
  await temporary.commit(place.path);
  return content.composite ?? digest;
}

/** Writes an object and returns its digest. The old object is served until the new one is complete. */
export async function writeObject(place: Place, digests: Digests, content: Content): Promise<string> {
  let temporary: Temporary | undefined;
  try {
    temporary = await prepare(place);
    return await fill(place, temporary, digests, content);
  } catch (error) {
    await temporary?.discard();
    await removeEmptyFolders(place);
    const code = codeOf(error);
    throw code === 'EISDIR' || code === 'ENOTDIR' ? refusal('FileAlreadyExists') : error;
  }
}

// These headers change the meaning of PUT; ignoring them would overwrite an object.
const UNSUPPORTED = ['x-oss-copy-source', 'x-amz-copy-source', 'x-oss-forbid-overwrite'] as const;

/** Answers PUT of an object. */
export async function storeObject(exchange: Exchange, place: Place, digests: Digests): Promise<void> {
  const { request, protocol } = exchange;
  const asked = UNSUPPORTED.find((name) => (request.headers[name] ?? 'false') !== 'false');
  if (asked) throw refusal('NotImplemented', `The directory bucket does not do what ${asked} asks for.`);
  const promised = promisedDigest(request.headers['content-md5']);
  const check = (digest: string) => checkDigest(promised, digest, protocol.dialect);
  const digest = await writeObject(place, digests, { stream: payloadOf(exchange), check });
  setETag(exchange, digest);
  answerEmpty(exchange, 200);
}

/** Removes an object, if it exists. */
export async function eraseObject(place: Place, digests: Digests): Promise<void> {
  if (!(await foldersExist(place)) || (await kindAt(place.path)) !== 'file') return;
  await rm(place.path, { force: true });
  await digests.forget(place.path);
  await removeEmptyFolders(place);
}

/** Answers DELETE of an object with 204, also if it does not exist. */
export async function removeObject(exchange: Exchange, place: Place, digests: Digests): Promise<void> {
  await eraseObject(place, digests);
  answerEmpty(exchange, 204);
}
