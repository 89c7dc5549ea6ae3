import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { faultLine } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../document/read.ts';
import { readTextFile } from '../files/text-file.ts';
import { isLoopback } from '../reach.ts';
import { checkDigest, promisedDigest } from './digest.ts';
import { answerEmpty, answerXml, type Exchange, methodNotAllowed } from './exchange.ts';
import { readWhole } from './payload.ts';
import { refusal } from './refusal.ts';
import { openTemporary } from './temporary.ts';

// The limit on a document that a client writes (semantics.md §1).
const DOCUMENT_BYTES = 16 * 1024;

function checkPeer(request: IncomingMessage, writable: boolean): void {
  if (!writable || !isLoopback(request.socket.remoteAddress)) {
    throw refusal(
      'AccessDenied',
      'The CORS rules of a directory bucket are changed from its own machine only.',
    );
  }
}

const readBody = (exchange: Exchange): Promise<Buffer> =>
  readWhole(exchange, DOCUMENT_BYTES, 'The CORS document is larger than 16 KB.');

/** The document as text. Throws a refusal unless it is UTF-8 and XML; the reader would also accept JSON. */
function xmlText(document: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(document);
    if (text.trimStart().startsWith('<')) return text;
  } catch {
    throw refusal('MalformedXML', 'The document is not UTF-8.');
  }
  throw refusal('MalformedXML', 'The document is not XML: write a <CORSConfiguration>.');
}

function checkDocument(document: Buffer): void {
  const read = readDocument(xmlText(document), 'strict');
  if (!read.ok) throw refusal('MalformedXML', faultLine(read.faults));
}

async function getRules(exchange: Exchange, file: string): Promise<void> {
  const found = await readTextFile(file, { maxBytes: MAX_DOCUMENT_BYTES });
  if (!('fault' in found)) return answerXml(exchange, 200, Buffer.from(found.text));
  if (found.code === 'ENOENT') throw refusal('NoSuchCORSConfiguration');
  throw Object.assign(new Error(`${file} ${found.fault}`), { code: found.code });
}

async function putRules(exchange: Exchange, file: string): Promise<void> {
  const { request, protocol } = exchange;
  const promised = promisedDigest(request.headers['content-md5']);
  const document = await readBody(exchange);
  checkDigest(promised, createHash('md5').update(document).digest('hex').toUpperCase(), protocol.dialect);
  checkDocument(document);
  const temporary = await openTemporary(dirname(file));
  try {
    await temporary.handle.writeFile(document);
    await temporary.commit(file);
  } finally {
    await temporary.discard();
  }
  answerEmpty(exchange, 200);
}

async function deleteRules(exchange: Exchange, file: string): Promise<void> {
  await rm(file, { force: true });
  answerEmpty(exchange, 204);
}

/** Answers requests for `/?cors`. `file` is the path of the document; `writable`: clients on this machine may change it. */
export async function manageRules(exchange: Exchange, file: string, writable: boolean): Promise<void> {
  const { method } = exchange.request;
  if (method === 'GET') return getRules(exchange, file);
  if (method !== 'PUT' && method !== 'DELETE') throw methodNotAllowed('GET, PUT, DELETE');
  // Who signs a request may change the rules, as at a store.
  if (exchange.signed === null) checkPeer(exchange.request, writable);
  return method === 'PUT' ? putRules(exchange, file) : deleteRules(exchange, file);
}
