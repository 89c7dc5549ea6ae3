import type { KindRow } from './kind.ts';

/** Two letters at least before the colon: a drive letter (`C:\cors.xml`) is a path. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** Rules in a file. The platform adapter reads files (node/buckets/file-source.ts). */
export const fileKind: KindRow<{ readonly kind: 'file'; readonly path: string }> = {
  parse: (text) => (HAS_SCHEME.test(text) ? null : { value: { kind: 'file', path: text } }),
  open: ({ path }, { file }) =>
    file?.(path) ?? { fault: `${path}: Workers have no files; name a URL, kv:KEY or \`bucket\`` },
  local: true,
  checkedAtStart: true,
  watchedPath: ({ path }) => path,
  notOnWorkers: {
    reason: 'is a file, and Workers have no files',
    write: 'bucket, an https:// URL, the document itself, or kv:KEY',
  },
};
