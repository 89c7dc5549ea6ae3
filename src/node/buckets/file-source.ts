import { urlMeant } from '../../bucket/without-scheme.ts';
import {
  type Loaded,
  loadedFrom,
  MAX_DOCUMENT_BYTES,
  type Source,
  type Validators,
} from '../../rules/source.ts';
import { readIfChanged } from '../files/text-file.ts';

/**
 * Milliseconds since the last edit before a file's times identify its content: two edits within one tick of a file
 * system's clock leave the same times. FAT has the longest tick, two seconds.
 */
const SETTLED = 3_000;

/** Rules in a file, XML or JSON; read strictly, and again whenever the rules are refreshed and the file has changed. */
export const fileSource = (path: string): Source => ({
  kind: 'file',
  name: path,
  load: (_signal, previous) => loadFile(path, previous),
});

async function loadFile(path: string, previous: Validators | undefined): Promise<Loaded> {
  const found = await readIfChanged(path, previous?.etag, { maxBytes: MAX_DOCUMENT_BYTES });
  if (found === null) return { outcome: 'unchanged' };
  if ('fault' in found) {
    const cure = `Name the file with the rules: check the path and its permissions.${orUrl(path, found.code)}`;
    return { outcome: 'unknown', cause: `${path} ${found.fault}`, cure };
  }
  const { text, stamp, mtime } = found;
  // Files are dated by the wall clock. After it was set back, the file is read again at each load, which is safe.
  const settled = Date.now() - mtime >= SETTLED;
  const loaded = loadedFrom(text, 'strict', `Correct ${path}.`);
  return loaded.outcome === 'rules' && settled ? { ...loaded, validators: { etag: stamp } } : loaded;
}

/** A sentence about a path that does not exist: it may be an address without its scheme. Else an empty text. */
export function orUrl(path: string, code: string | undefined): string {
  const meant = code === 'ENOENT' ? urlMeant(path) : null;
  return meant === null ? '' : ` If the document is at an address, write ${meant.url}.`;
}
