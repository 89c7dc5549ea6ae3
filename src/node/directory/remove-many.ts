import type { Element } from '../../document/xmltext.ts';
import type { Digests } from './digest.ts';
import { childText, readXml } from './document.ts';
import { answerXml, type Exchange } from './exchange.ts';
import { segmentsOf } from './names.ts';
import { placeOf } from './place.ts';
import { asRefusal, refusal } from './refusal.ts';
import { eraseObject } from './store.ts';
import { documentOf, element } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** The element of one removed object, or of why it was not removed. */
async function removed(key: string, root: string, digests: Digests): Promise<string> {
  try {
    await eraseObject(placeOf(root, segmentsOf(key)), digests);
    return `<Deleted>${element('Key', key)}</Deleted>`;
  } catch (error) {
    const { code, message } = asRefusal(error);
    return `<Error>${element('Key', key)}${element('Code', code)}${element('Message', message)}</Error>`;
  }
}

function keysIn(document: Element): readonly string[] {
  const objects = document.children.filter(({ name }) => name === 'Object');
  const keys = objects.map((object) => childText(object, 'Key') ?? '');
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('')) throw refusal('MalformedXML');
  return keys;
}

/** Answers `POST /?delete`: removes up to 1000 objects. */
export async function removeObjects(exchange: Exchange, root: string, digests: Digests): Promise<void> {
  const document = await readXml(exchange, 'Delete', MAX_DOCUMENT_BYTES);
  const isQuiet = childText(document, 'Quiet')?.trim() === 'true';
  const lines: string[] = [];
  for (const key of keysIn(document)) {
    const line = await removed(key, root, digests);
    if (!isQuiet || line.startsWith('<Error>')) lines.push(line);
  }
  answerXml(exchange, 200, documentOf('DeleteResult', exchange.protocol.namespace, lines));
}
