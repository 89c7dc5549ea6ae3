// Checks that what the code and the pages cite exists: sections of docs/semantics.md, promises of docs/architecture.md,
// decisions, files, and the targets and anchors of links. A page of the npm package links only to files of the package.
// Prints each missing one, and exits with 1.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anchorOf } from './readme-steps.ts';

export interface Citable {
  /** Section numbers of docs/semantics.md: `3`, and `2.6` for the items of numbered lists. */
  readonly sections: ReadonlySet<string>;
  readonly promises: ReadonlySet<string>;
  /** Numbers of decisions: `0007`. */
  readonly decisions: ReadonlySet<string>;
  /** True for a file or folder of the repository. */
  readonly exists: (path: string) => boolean;
  /** True for a file or folder of the npm package. */
  readonly isPackaged: (path: string) => boolean;
  /** The anchors of a page's headings. */
  readonly anchors: (page: string) => ReadonlySet<string>;
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

/** The anchors of a page's headings. */
export function anchorsOf(page: string): Set<string> {
  let isInCode = false;
  const titles = page.split('\n').flatMap((line) => {
    if (line.startsWith('```')) isInCode = !isInCode;
    return isInCode ? [] : (/^#+ (.*)$/.exec(line)?.[1] ?? []);
  });
  return new Set(titles.map(anchorOf));
}

/** By `files` of package.json: entries are files or folders, `!` excludes. npm adds README.md, LICENSE and package.json. */
export function packagedBy(entries: readonly string[]): (path: string) => boolean {
  const isIn = (path: string, entry: string) => path === entry || path.startsWith(`${entry}/`);
  const included = [
    'README.md',
    'LICENSE',
    'package.json',
    ...entries.filter((entry) => !entry.startsWith('!')),
  ];
  const excluded = entries.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
  return (path) =>
    included.some((entry) => isIn(path, entry)) && !excluded.some((entry) => isIn(path, entry));
}

type Kind = readonly [pattern: RegExp, isMissing: (cited: string, known: Citable) => boolean];

const FILE = '[\\w./-]+\\.(?:ts|mjs|js|md|toml|json|lua|sh|xml|html)\\b';
const TOP = 'src|test|docs|bench|scripts|examples';
const KINDS: readonly Kind[] = [
  [/semantics\.md(?:,)? §(\d+(?:\.\d+)?)/g, (cited, { sections }) => !sections.has(cited)],
  [/\bpromises? (\d+)\b/g, (cited, { promises }) => !promises.has(cited)],
  [/\bdecisions?[ /](\d{4})\b/g, (cited, { decisions }) => !decisions.has(cited)],
  [/\b(design\.md)\b/g, () => true],
];
/** In prose only: a test's own paths need not exist. */
const PATHS: readonly Kind[] = [
  [new RegExp(`(?<![\\w/.-])((?:${TOP})/${FILE})`, 'g'), (cited, { exists }) => !exists(cited)],
];
/** In pages a path may begin below src/: `node/server/listen.ts`. */
const PATHS_BELOW_SRC: readonly Kind[] = [
  [/`([\w-]+\/[\w./-]+\.ts)`/g, (cited, { exists }) => !exists(cited) && !exists(`src/${cited}`)],
];

/** What a file cites that does not exist, as lines `path:line: …`. */
export function missingCitations(path: string, text: string, known: Citable): string[] {
  const isPage = path.endsWith('.md');
  let isInCode = false;
  return text.split('\n').flatMap((line, at) => {
    if (isPage && line.startsWith('```')) isInCode = !isInCode;
    const prose = isPage ? (isInCode ? '' : line) : commentOf(line);
    const cited = [
      ...uncited(line, KINDS, known),
      ...uncited(prose, isPage ? [...PATHS, ...PATHS_BELOW_SRC] : PATHS, known),
    ].map((name) => `${name} does not exist`);
    const links = isPage && !isInCode ? linksOf(line).flatMap((link) => faultOf(path, link, known)) : [];
    return [...new Set([...cited, ...links])].map((fault) => `${path}:${at + 1}: ${fault}`);
  });
}

const uncited = (text: string, kinds: readonly Kind[], known: Citable): string[] =>
  kinds.flatMap(([pattern, isMissing]) =>
    [...text.matchAll(pattern)].filter(([, name = '']) => isMissing(name, known)).map(([whole]) => whole),
  );

/** The comment of a line of code or TOML. */
const commentOf = (line: string): string => /(?:^|\s)(?:\/\/|\/?\*+|#)\s(.*)$/.exec(line)?.[1] ?? '';

const linksOf = (line: string): string[] =>
  [...line.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/i.test(link));

function faultOf(path: string, link: string, known: Citable): string[] {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : normalize(join(dirname(path), file));
  if (!known.exists(target)) return [`${link} does not exist`];
  if (known.isPackaged(path) && !known.isPackaged(target)) return [`${link} is not in the npm package`];
  const isAnchor = anchor === undefined || !target.endsWith('.md') || known.anchors(target).has(anchor);
  return isAnchor ? [] : [`${link} names no heading of ${target}`];
}

function readCitable(root: string): Citable {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  return {
    sections: sectionsOf(read('docs/semantics.md')),
    promises: new Set(
      [...read('docs/architecture.md').matchAll(/^(\d)\. \*\*/gm)].map(([, number = '']) => number),
    ),
    decisions: new Set(readdirSync(join(root, 'docs/decisions')).map((name) => name.slice(0, 4))),
    exists: (path) => existsSync(join(root, path)),
    isPackaged: packagedBy(files),
    anchors: (page) => anchorsOf(read(page)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  const known = readCitable(root);
  const found = files
    .filter((path) => /\.(?:ts|mjs|js|md|toml)$/.test(path) && existsSync(join(root, path)))
    .filter((path) => !/^(?:scripts|test)\/citations/.test(path))
    .flatMap((path) => missingCitations(path, readFileSync(join(root, path), 'utf8'), known));
  for (const line of found) console.error(line);
  console.log(`citations: ${found.length} missing`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
