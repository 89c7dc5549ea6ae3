// Checks that what the code and the pages cite exists: sections of docs/semantics.md, promises of docs/architecture.md,
// decisions, files, and the targets of links. Prints what does not, and exits with 1.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Citable {
  /** Section numbers of docs/semantics.md: `3`, and `2.6` for the items of numbered lists. */
  readonly sections: ReadonlySet<string>;
  readonly promises: ReadonlySet<string>;
  /** Numbers of decisions: `0007`. */
  readonly decisions: ReadonlySet<string>;
  readonly exists: (path: string) => boolean;
}

/** The sections of a page: `## 3. The answers`, and the numbered items below each. */
export function sectionsOf(page: string): Set<string> {
  const sections = new Set<string>();
  let section = '';
  for (const line of page.split('\n')) {
    section = /^## (\d+)\./.exec(line)?.[1] ?? section;
    sections.add(section);
    const item = /^(\d+)\. /.exec(line)?.[1];
    if (item !== undefined && section !== '') sections.add(`${section}.${item}`);
  }
  return sections;
}

const KINDS: readonly (readonly [pattern: RegExp, missing: (cited: string, known: Citable) => boolean])[] = [
  [/semantics\.md(?:,)? §(\d+(?:\.\d+)?)/g, (cited, { sections }) => !sections.has(cited)],
  [/\bpromises? (\d+)\b/g, (cited, { promises }) => !promises.has(cited)],
  [/\bdecisions?[ /](\d{4})\b/g, (cited, { decisions }) => !decisions.has(cited)],
  [/\b(design\.md)\b/g, () => true],
  [/`((?:src|test|docs|bench|scripts|examples)\/[\w./-]+\.\w+)`/g, (cited, { exists }) => !exists(cited)],
];

/** What a file cites that does not exist, one line of text each. */
export function missingCitations(path: string, text: string, known: Citable): string[] {
  return text.split('\n').flatMap((line, at) => {
    const cited = KINDS.flatMap(([pattern, missing]) =>
      [...line.matchAll(pattern)].filter(([, name = '']) => missing(name, known)).map(([whole]) => whole),
    );
    const links = path.endsWith('.md')
      ? linksOf(line).filter((link) => !known.exists(target(path, link)))
      : [];
    return [...cited, ...links].map((name) => `${path}:${at + 1}: ${name} does not exist`);
  });
}

const linksOf = (line: string): string[] =>
  [...line.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/i.test(link));

const target = (path: string, link: string): string => normalize(join(dirname(path), link));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  const known: Citable = {
    sections: sectionsOf(read('docs/semantics.md')),
    promises: new Set(
      [...read('docs/architecture.md').matchAll(/^(\d)\. \*\*/gm)].map(([, number = '']) => number),
    ),
    decisions: new Set(readdirSync(join(root, 'docs/decisions')).map((name) => name.slice(0, 4))),
    exists: (path) => existsSync(join(root, path)),
  };
  const found = files
    .filter((path) => /\.(?:ts|mjs|js|md|toml)$/.test(path) && !path.startsWith('scripts/citations'))
    .flatMap((path) => missingCitations(path, read(path), known));
  for (const line of found) console.error(line);
  console.log(`citations: ${found.length} missing`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
