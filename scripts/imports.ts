/**
 * Checks who may import whom (docs/architecture.md). `node scripts/imports.ts` prints the offending lines and exits with
 * 1; the tests call `violations`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const CORE = ['cors', 'document', 'rules', 'bucket'];
const ANYTHING = [
  'analysis',
  'requests',
  'doctor',
  'export',
  'cors',
  'document',
  'rules',
  'bucket',
  'config',
  'edge',
  'admin',
  'open',
  'node',
  'cloudflare',
  'cli',
  '',
];
/** By folder under src/; '' is the files beside the folders, index.ts above all. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  analysis: ['cors', 'document'],
  requests: ['cors', 'document', 'analysis'],
  doctor: ['cors', 'document', 'analysis', 'requests', 'bucket', 'export'],
  cors: [],
  export: ['cors', 'document', 'analysis', 'bucket'],
  document: ['cors'],
  rules: ['cors', 'document', 'bucket', 'analysis'],
  bucket: ['cors', 'document'],
  config: CORE,
  edge: CORE,
  admin: [...CORE, 'analysis', 'requests'],
  open: [...CORE, 'config', 'edge'],
  node: ANYTHING,
  cloudflare: ANYTHING,
  cli: ANYTHING,
  '': [
    'analysis',
    'requests',
    'doctor',
    'cors',
    'document',
    'export',
    'rules',
    'bucket',
    'config',
    'edge',
    'admin',
  ],
};
/** By wing, a folder under src/node/: the other wings that it may import. Every wing may import the files of SHARED. */
const WINGS: Readonly<Record<string, readonly string[]>> = {
  files: [],
  server: ['files'],
  output: ['files', 'server'],
  http1: [],
  transport: ['server', 'http1'],
  metrics: ['server'],
  directory: ['files'],
  keep: ['files'],
  buckets: ['files', 'directory'],
  demo: ['files', 'server'],
  prove: [],
  browsers: [],
  watch: ['files'],
  cluster: ['buckets', 'metrics', 'output', 'server', 'frontend.ts', 'single-process.ts'],
};
/** Files beside the wings that every wing may import. */
const SHARED: ReadonlySet<string> = new Set([
  'built-in.ts',
  'collector.ts',
  'package.ts',
  'reach.ts',
  'start-fault.ts',
  'system-error.ts',
]);
const ON_NODE = ['node', 'cli'];
const NODE_PACKAGES = ['undici', 'pino', 'prom-client', 'send', 'tldts', '@hono/node-server'];

interface Import {
  readonly line: number;
  /** Null if the path is computed at run time and cannot be checked. */
  readonly from: string | null;
}

// A statement begins its line. Its clause contains only names, braces, commas, `*` and comments.
const STATEMENT =
  /^[ \t]*(?:import|export)\b(?:(?:[\w$*{},\s]|\/\/.*|\/\*[\s\S]*?\*\/)*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm;
const CALL = /\bimport\s*\(\s*(?:(['"`])([^'"`$\n]+)\1\s*[,)])?/g;
const COMMENT_LINE = /^\s*(?:\/\/|\*|\/\*)/;

function importsOf(text: string): Import[] {
  const line = (at: number) => text.slice(0, at).split('\n').length;
  const lines = text.split('\n');
  const statements = [...text.matchAll(STATEMENT)].map((found) => ({
    line: line(found.index + found[0].length),
    from: found[2] ?? null,
  }));
  const calls = [...text.matchAll(CALL)]
    .map((found) => ({ line: line(found.index), from: found[2] ?? null }))
    .filter((found) => !COMMENT_LINE.test(lines[found.line - 1] ?? ''));
  return [...statements, ...calls].sort((one, other) => one.line - other.line);
}

/** The folder of a path under src/; '' beside the folders, null outside src/. */
function folderOf(path: string): string | null {
  const [top, folder, ...rest] = path.split('/');
  if (top !== 'src' || folder === undefined) return null;
  return rest.length === 0 ? '' : folder;
}

const label = (folder: string) => (folder === '' ? 'src/' : `${folder}/`);

function objection(path: string, from: string | null): string | null {
  const folder = folderOf(path) ?? '';
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined)
    return `no rule says what ${label(folder)} may import: add it to scripts/imports.ts`;
  if (from === null) {
    return allowed === ANYTHING
      ? null
      : `${label(folder)} may not import a path that is computed at run time`;
  }
  if (!from.startsWith('.')) return packageObjection(folder, from);
  const imported = posix.normalize(posix.join(posix.dirname(path), from));
  const target = folderOf(imported);
  if (target === null) return `${label(folder)} may not import a file outside src/`;
  if (target === 'node' && folder === 'node') return wingObjection(path, imported);
  return target === folder || allowed.includes(target)
    ? null
    : `${label(folder)} may not import ${label(target)}`;
}

/** The wing of a file under src/node/; the file's name if it is beside the wings. */
const wingOf = (path: string): string => path.split('/')[2] ?? '';

function wingObjection(path: string, imported: string): string | null {
  const from = wingOf(path);
  const to = wingOf(imported);
  if (from === to || SHARED.has(to)) return null;
  if (SHARED.has(from)) return `node/${from} may not import node/${to}`;
  // The files beside the wings put the wings together.
  if (from.endsWith('.ts')) return null;
  const allowed = WINGS[from];
  if (allowed === undefined)
    return `no rule says what node/${from}/ may import: add it to scripts/imports.ts`;
  return allowed.includes(to) ? null : `node/${from}/ may not import node/${to}`;
}

function packageObjection(folder: string, from: string): string | null {
  const ofNode =
    from.startsWith('node:') ||
    builtinModules.includes(from) ||
    builtinModules.includes(from.split('/')[0] ?? '');
  if (folder === 'cors') return 'cors/ may not import any package';
  if (ON_NODE.includes(folder)) return null;
  if (ofNode) return `${label(folder)} may not import Node's own modules`;
  const runsOnNode = NODE_PACKAGES.some((name) => from === name || from.startsWith(`${name}/`));
  return runsOnNode ? `${label(folder)} may not import a package that runs on Node only` : null;
}

/** The offending imports, one line of text each. `files` maps paths such as `src/edge/app.ts` to their text. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) =>
    importsOf(text).flatMap(({ line, from }) => {
      const reason = objection(path, from);
      return reason === null ? [] : [`${path}:${line}: ${reason} (${from ?? 'import(…)'})`];
    }),
  );
}

/**
 * The circles of imports, one line of text each: `a.ts → b.ts → a.ts`, the shortest from each file on. Types count too: a
 * reader of one file needs the other.
 */
export function circles(files: ReadonlyMap<string, string>): string[] {
  const imports = new Map([...files].map(([path, text]) => [path, importedFiles(path, text)]));
  const found = new Map<string, string>();
  for (const path of imports.keys()) {
    const circle = shortestWayBack(path, imports);
    if (circle === null) continue;
    const key = [...circle].sort().join(' ');
    if (!found.has(key)) found.set(key, [...circle, path].join(' → '));
  }
  return [...found.values()];
}

const importedFiles = (path: string, text: string): string[] =>
  importsOf(text).flatMap(({ from }) =>
    from?.startsWith('.') ? [posix.normalize(posix.join(posix.dirname(path), from))] : [],
  );

/** Searches breadth-first. The way begins with the file itself. */
function shortestWayBack(path: string, imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const seen = new Set<string>();
  let ways = [[path]];
  while (ways.length > 0) {
    const next: string[][] = [];
    for (const way of ways) {
      for (const imported of imports.get(way.at(-1) ?? '') ?? []) {
        if (imported === path) return way;
        if (seen.has(imported)) continue;
        seen.add(imported);
        next.push([...way, imported]);
      }
    }
    ways = next;
  }
  return null;
}

/** The text of every TypeScript file under src/, by its path from the project's root. */
export function sourceFiles(root: string): Map<string, string> {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => /\.[mc]?tsx?$/.test(name)).sort();
  return new Map(
    paths.map((name) => [`src/${name.split(sep).join('/')}`, readFileSync(join(root, 'src', name), 'utf8')]),
  );
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const files = sourceFiles(fileURLToPath(new URL('..', import.meta.url)));
  const found = [...violations(files), ...circles(files).map((circle) => `circle: ${circle}`)];
  for (const line of found) console.error(line);
  process.exitCode = found.length > 0 ? 1 : 0;
}
