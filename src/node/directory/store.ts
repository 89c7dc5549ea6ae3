import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { codeOf } from '../system-error.ts';
import { checkDigest, type Digests, promisedDigest } from './digest.ts';
import { answerEmpty, type Exchange } from './exchange.ts';
import { payloadOf } from './payload.ts';
import { foldersStand, kindAt, makeFolders, type Place, removeEmptyFolders } from './place.ts';
import { refusal } from './refusal.ts';
import { openTemporary, type Temporary } from './temporary.ts';

// A folder just made may be removed by another request that found it empty, and again.
const ATTEMPTS = 20;

const prepare = async (place: Place): Promise<Temporary> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeFolders(place);
      return await openTemporary(place.folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
};

async function* hashed(request: IncomingMessage, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of payloadOf(request)) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Nothing but a file, or nothing at all, may be where the object goes; and it must go where it was meant to. */
const checkWay = async (place: Place): Promise<void> => {
  if (!(await foldersStand(place))) throw refusal('FileAlreadyExists');
  const kind = await kindAt(place.path);
  if (kind === 'folder' || kind === 'other') throw refusal('FileAlreadyExists');
};

const fill = async (exchange: Exchange, place: Place, temporary: Temporary, digests: Digests) => {
  const promised = promisedDigest(exchange.request.headers['content-md5']);
  await checkWay(place);
  const hash = createHash('md5');
  await temporary.handle.writeFile(hashed(exchange.request, hash));
  const digest = hash.digest('hex').toUpperCase();
  checkDigest(promised, digest);
  await checkWay(place);
  digests.note(place.path, await temporary.handle.stat({ bigint: true }), digest);
  await temporary.commit(place.path);
  return digest;
};

// What these ask for is not "put this body there"; to ignore them would overwrite an object.
const ASKING_MORE = ['x-oss-copy-source', 'x-oss-forbid-overwrite'] as const;

/** Answers PUT of an object. The old one stands until the new one is whole. */
export const storeObject = async (exchange: Exchange, place: Place, digests: Digests): Promise<void> => {
  const { headers } = exchange.request;
  const asked = ASKING_MORE.find((name) => (headers[name] ?? 'false') !== 'false');
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
};

/** Answers DELETE of an object: gone, also when there was nothing. */
export const removeObject = async (exchange: Exchange, place: Place): Promise<void> => {
  if ((await foldersStand(place)) && (await kindAt(place.path)) === 'file') {
    await rm(place.path, { force: true });
    await removeEmptyFolders(place);
  }
  answerEmpty(exchange, 204);
};
