import { describe, expect, test } from 'vitest';
import { wordsOf } from '../scripts/words.ts';

const found = (path: string, text: string) => wordsOf(path, text).map(({ line, word }) => `${line}: ${word}`);

describe('a word of the list is found', () => {
  test.each([
    ['in a comment', 'a.ts', '// Whoever asks is told.', ['1: told', '1: Whoever']],
    ['in a comment after code', 'a.ts', 'const a = 1; // loaded anew', ['1: anew']],
    ['in a doc comment', 'a.ts', '/**\n * Nobody waits.\n */', ['2: Nobody']],
    ['in a message', 'a.ts', "throw new Error('is none of the words');", ['1: is none']],
    ['in a template', 'a.ts', 'const a = `it holds them all`;', ['1: holds']],
    ['in a test title', 'a.test.ts', "test('keeps the rules', () => {});", ['1: keeps']],
    ['in a page', 'docs/a.md', 'One line.\n\nThe rim of a platform.\n', ['3: rim']],
    ['in a comment of TOML', 'wrangler.toml', '# The rules are kept in KV.', ['1: kept']],
    [
      'in every form',
      'docs/a.md',
      'mended, telling, held, for ever',
      ['1: telling', '1: held', '1: mended', '1: for ever'],
    ],
  ])('%s', (_, path, text, words) => {
    expect(found(path, text)).toEqual(words);
  });
});

describe('a term of the field or a name is not reported', () => {
  test.each([
    ['keep-alive', 'a.ts', '// A keep-alive connection, kept alive for 65 s by Keep-Alive.'],
    ['keeping a connection open', 'a.ts', '// Node keeps the idle connection open.'],
    ['an option', 'docs/a.md', 'With --keep-host, keepPrefix or --management keep.'],
    ['a path', 'a.ts', '// See src/rules/keep.ts and keep.ts.'],
    ['an identifier', 'a.ts', '// Calls tellHops before writeHead.'],
    ['code in a page', 'docs/a.md', 'The option `keep` takes a word.\n\n```sh\necho tell\n```\n'],
    ['code', 'a.ts', 'const held = keep.tell(anew);'],
    ['one word in quotes', 'a.ts', "const mode = 'keep';"],
    ['part of another word', 'docs/a.md', 'The threshold of the housekeeper in the household.'],
  ])('%s', (_, path, text) => {
    expect(found(path, text)).toEqual([]);
  });
});
