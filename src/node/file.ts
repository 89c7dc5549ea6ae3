import { readFile, stat } from 'node:fs/promises';
import { loadedFrom, MAX_DOCUMENT_BYTES } from '../rules/read.ts';
import type { Loaded, Source } from '../rules/source.ts';

/** Rules in a file, XML or JSON; read strictly, and again whenever the rules are refreshed. */
export const fileSource = (path: string): Source => ({
  kind: 'file',
  name: path,
  load: () => loadFile(path),
});

async function loadFile(path: string): Promise<Loaded> {
  try {
    const found = await stat(path);
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
    return loadedFrom(await readFile(path, 'utf8'), 'strict', `Mend ${path}.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      outcome: 'unknown',
      cause: `${path} can't be read: ${why}`,
      cure: 'Check the path and its permissions.',
    };
  }
}
