import { createHash } from 'node:crypto';
import { type Element, parseXml } from '../../document/xmltext.ts';
import { checkDigest, promisedDigest } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { readWhole } from './payload.ts';
import { refusal } from './refusal.ts';

/** Reads a body that is an XML document with a certain root. Throws a refusal for any other body. */
export async function readXml(exchange: Exchange, root: string, maxBytes: number): Promise<Element> {
  const { request, protocol } = exchange;
  const promised = promisedDigest(request.headers['content-md5']);
  const body = await readWhole(exchange, maxBytes);
  checkDigest(promised, createHash('md5').update(body).digest('hex').toUpperCase(), protocol.dialect);
  const read = parseXml(body.toString('utf8'));
  if (read.ok && read.root.name === root) return read.root;
  throw refusal('MalformedXML');
}

/** The text of the first child of that name. */
export const childText = ({ children }: Element, name: string): string | undefined =>
  children.find((child) => child.name === name)?.text;
