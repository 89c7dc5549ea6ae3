// Checks the words of comments, messages, test titles and pages: prints each line with a word of the list, and exits
// with 1. These words hide who does what, or stand in for a term of the field. `node scripts/words.ts src/edge` checks the
// files below a path.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A word that is not used, and what to write in its place. */
const WORDS: readonly (readonly [found: RegExp, write: string])[] = [
  [/\b(?:told|tells?|telling)\b/i, 'says, reports, logs, sends, or name who knows what'],
  [
    /\b(?:kept|held|keeps|holds|keep|hold|keeping|holding)\b/i,
    'stores, caches, stays open, is in force, limits',
  ],
  [/\bmend(?:s|ed|ing)?\b/i, 'correct, repair'],
  [/\banew\b/i, 'again'],
  [/\brims?\b/i, 'platform adapter'],
  [/\bwhoever\b/i, 'the client, the caller, the operator'],
  [/\b(?:nobody|somebody|anybody)\b/i, 'no client, no caller, a client'],
  [/\bnone of\b|\b(?:is|are|was|were) none\b/i, 'is not a …, has no …'],
  [/\bbe it\b/i, 'whether, or leave it out'],
  [/\bfor ever\b/i, 'without a limit'],
  [/\(found in review\)/i, 'the reason'],
];

/** Phrases in which a word of the list is a term of the field, or a name. */
const TERMS = new RegExp(
  [
    // RFC 9112 §9.3, and TCP
    String.raw`\bkeep[-_ ]?alive\w*|\bkept[- ]alive`,
    String.raw`\bkeep(?:s|ing)? (?:the |a |an |its |their |this )?(?:\w+ )?connections? (?:open|alive)`,
    // options
    String.raw`\bkeep-(?:host|prefix)|\bkeep_names`,
    String.raw`\bmanagement"?:?(?: |=| = )"?keep\b|\bpass or keep(?: or off)?\b|"keep"`,
    // the text of an S3 error
    String.raw`\bpreconditions you specified did not hold`,
    // proofs, and locks
    String.raw`\bhold(?:s|ing)? (?:that|true)|\b(?:hold|holds|held|holding) (?:a|the|its|this) lock`,
  ].join('|'),
  'gi',
);

/** Files whose text is a quotation, data, or this list and its test. */
const LEFT_OUT =
  /^(?:scripts\/words\.ts|test\/words\.test\.ts|test\/fixtures\/|examples\/bucket\/|package-lock\.json|bench\/package-lock\.json|LICENSE)/;

export interface Found {
  readonly line: number;
  readonly word: string;
  readonly write: string;
}

/** Removes what is a name and not a word: code in Markdown, identifiers and paths in comments. */
const withoutNames = (text: string): string =>
  text
    .replace(/`[^`]*`/g, '``')
    .replace(/\b\w+(?:[A-Z]\w*)+\b/g, '')
    .replace(/[\w-]+(?:\/[\w.-]+)+|\b[\w-]+\.(?:ts|md|js|json|mjs|html|css)\b/g, '')
    .replace(TERMS, '');

function wordsIn(text: string, line: number): Found[] {
  const bare = withoutNames(text);
  return WORDS.flatMap(([word, write]) => {
    const found = word.exec(bare);
    return found === null ? [] : [{ line, word: found[0], write }];
  });
}

/** The prose of a line of code: its comment, and its strings of several words. */
function proseOf(line: string): string[] {
  const comment = /^\s*(?:\/\/|\/?\*+)(.*)$/.exec(line)?.[1] ?? /\s\/\/ (.*)$/.exec(line)?.[1];
  const strings = [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
    .map(([, one, two, three]) => one ?? two ?? (three ?? '').replace(/\$\{[^}]*\}/g, ''))
    .filter((text) => /\w \w/.test(text));
  if (comment !== undefined && /^\s*(?:\/\/|\/?\*)/.test(line)) return [comment];
  return comment === undefined ? strings : [comment, ...strings];
}

/** Every line of a file with a word of the list, with the word and what to write. Code blocks of pages are left out. */
export function wordsOf(path: string, text: string): Found[] {
  const lines = text.split('\n');
  if (/\.(?:ts|mjs|js|css)$/.test(path))
    return lines.flatMap((line, at) => proseOf(line).flatMap((prose) => wordsIn(prose, at + 1)));
  let inCode = false;
  return lines.flatMap((line, at) => {
    if (line.startsWith('```')) inCode = !inCode;
    return inCode ? [] : wordsIn(line, at + 1);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  const only = process.argv[2] ?? '';
  let count = 0;
  for (const path of files) {
    if (
      !path.startsWith(only) ||
      LEFT_OUT.test(path) ||
      !/\.(?:ts|mjs|js|css|md|toml|json|sh)$|^\.ci\/run$/.test(path)
    )
      continue;
    for (const { line, word, write } of wordsOf(path, readFileSync(`${root}/${path}`, 'utf8'))) {
      console.error(`${path}:${line}: "${word}": write ${write}`);
      count += 1;
    }
  }
  console.log(`words: ${count} to reword`);
  process.exitCode = count > 0 ? 1 : 0;
}
