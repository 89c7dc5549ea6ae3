import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digest } from './_witness.ts';

/** Names that clients, edges and stores may encode differently. */
const NAMES = [
  'plain.txt',
  'with space.txt',
  ' space at both ends ',
  'a+b.txt',
  '100%.txt',
  '%41.txt',
  '%2F.txt',
  'ünïcødé-日本語-🙂.txt',
  `quote'"quotes.txt`,
  'semi;colon,comma=equals&amp.txt',
  'question?mark#hash.txt',
  '(paren)[bracket]{brace}.txt',
  'a:b@c$d^e`f|g<h>i*j.txt',
  'back\\slash.txt',
  '~tilde!.txt',
  '.hidden',
  '..two-dots',
  'ends-with.',
  'dots.../name..txt',
  'deep/er/file.txt',
];

/** An empty body, for which a client may still send `Expect: 100-continue`. */
export const EMPTY = ['empty.bin', 'deep/empty.bin'];

/** The content of each file by its path. */
export const TREE: ReadonlyMap<string, string> = new Map([
  ...NAMES.map((name, at) => [name, `${name}\n`.repeat(at * 20 + 1)] as const),
  ...EMPTY.map((name) => [name, ''] as const),
]);

/** The digest of each file's content by its path. */
export const DIGESTS: Readonly<Record<string, string>> = Object.fromEntries(
  [...TREE].map(([name, content]) => [name, digest(content)]),
);

/** Three parts of a multipart upload, without two equal blocks. */
export const LARGE: Buffer = Buffer.from(
  Uint32Array.from({ length: (11 * 2 ** 20) / 4 }, (_, at) => Math.imul(at, 2654435761)).buffer,
);

/** Writes the tree into a new folder. */
export function writeTree(folder: string): void {
  for (const [name, content] of TREE) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** The digest of each file's content in a folder, by its path. */
export function readTree(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [file.slice(folder.length + 1), digest(readFileSync(file))];
    }),
  );
}
