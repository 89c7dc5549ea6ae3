import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { codeOf } from '../system-error.ts';
import { checkDigest, type Digests, promisedDigest } from './digest.ts';
import { answerEmpty, type Exchange } from './exchange.ts';
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

async function* hashed(request: IncomingMessage, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of payloadOf(request)) {
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

async function fill(exchange: Exchange, place: Place, temporary: Temporary, digests: Digests) {
  const promised = promisedDigest(exchange.request.headers['content-md5']);
  await checkTarget(place);
  const hash = createHash('md5');
  await temporary.handle.writeFile(hashed(exchange.request, hash));
  const digest = hash.digest('hex').toUpperCase();
  checkDigest(promised, digest);
  await checkTarget(place);
  digests.note(place.path, await temporary.handle.stat({ bigint: true }), digest);
  await temporary.commit(place.path);
  return digest;
}

// These headers change the meaning of PUT; ignoring them would overwrite an object.
const UNSUPPORTED = ['x-oss-copy-source', 'x-oss-forbid-overwrite'] as const;

/** Answers PUT of an object. The old object is served until the new one is complete. */
export async function storeObject(exchange: Exchange, place: Place, digests: Digests): Promise<void> {
  const { headers } = exchange.request;
  const asked = UNSUPPORTED.find((name) => (headers[name] ?? 'false') !== 'false');
  if (asked) throw refusal('NotImplemented', `The directory bucket does not do what ${asked} asks for.`);
  let temporary: Temporary | undefined;
  try {
    temporary = await prepare(place);
    const digest = await fill(exchange, place, temporary, digests);
    exchange.response.setHeader('ETag', `"${digest}"`);
  } catch (error) {
    await temporary?.discard();
    await removeEmptyFolders(place);
    const code = codeOf(error);
    throw code === 'EISDIR' || code === 'ENOTDIR' ? refusal('FileAlreadyExists') : error;
  }
  answerEmpty(exchange, 200);
}

/** Answers DELETE of an object with 204, also if it does not exist. */
export async function removeObject(exchange: Exchange, place: Place): Promise<void> {
  if ((await foldersExist(place)) && (await kindAt(place.path)) === 'file') {
    await rm(place.path, { force: true });
    await removeEmptyFolders(place);
  }
  answerEmpty(exchange, 204);
}
