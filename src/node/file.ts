import type { BigIntStats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { loadedFrom, MAX_DOCUMENT_BYTES } from '../rules/read.ts';
import type { Loaded, Source, Validators } from '../rules/source.ts';

/**
 * Milliseconds a file must have stood untouched before its times are taken for its content: two edits within one
 * tick of a file system's clock leave the same times. FAT's tick is the longest, two seconds.
 */
const SETTLED = 3_000;

/** Rules in a file, XML or JSON; read strictly, and again whenever the rules are refreshed and the file has changed. */
export const fileSource = (path: string): Source => ({
  kind: 'file',
  name: path,
  load: (_signal, previous) => loadFile(path, previous),
});

/** Tells one state of a file from another without reading it. */
export const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join('-');

async function loadFile(path: string, previous: Validators | undefined): Promise<Loaded> {
  try {
    // Looked at before it is read: an edit in between makes the stamp too old, never the rules.
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) {
      return {
        outcome: 'unknown',
        cause: `${path} is not a file`,
        cure: 'Name the file that holds the rules.',
      };
    }
    const { size } = found;
    if (size > MAX_DOCUMENT_BYTES) {
      const cause = `${path} has ${size} bytes, more than the ${MAX_DOCUMENT_BYTES} a rules document may have`;
      return { outcome: 'unknown', cause, cure: 'Name the file that holds the rules.' };
    }
    const etag = stampOf(found);
    if (previous?.etag === etag) return { outcome: 'unchanged' };
    const settled = Date.now() - Number(found.mtimeMs) >= SETTLED;
    const loaded = loadedFrom(await readFile(path, 'utf8'), 'strict', `Mend ${path}.`);
    return loaded.outcome === 'rules' && settled ? { ...loaded, validators: { etag } } : loaded;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      outcome: 'unknown',
      cause: `${path} can't be read: ${why}`,
      cure: 'Check the path and its permissions.',
    };
  }
}
