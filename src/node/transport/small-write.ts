import { createHash } from 'node:crypto';
import { utf8 } from '../../bucket/sign/bytes.ts';
import type { SentDocument, Write } from '../../bucket/write.ts';
import { createPools } from './pools.ts';
import { askSmall } from './small-read.ts';

/**
 * Writes over a connection of its own: one that has been idle may be closed at that moment, and a write is not sent a
 * second time.
 */
export const writeOnce: Write = async (request, limits) => {
  const { pools, close } = createPools();
  try {
    return await askSmall(pools, request, limits, 0);
  } finally {
    void close();
  }
};

/** A document of rules with its checksum. */
export function documentOf(text: string): SentDocument {
  const bytes = utf8(text);
  return { bytes, md5: createHash('md5').update(bytes).digest('base64') };
}
