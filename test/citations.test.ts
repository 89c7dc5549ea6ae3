import { describe, expect, test } from 'vitest';
import { anchorsOf, type Citable, missingCitations, packagedBy, sectionsOf } from '../scripts/citations.ts';

const EXISTING = new Set(['README.md', 'docs/rules.md', 'src/edge/app.ts', 'scripts/imports.ts']);
const KNOWN: Citable = {
  sections: sectionsOf('## 2. Choosing\n\n1. First\n2. Second\n'),
  promises: new Set(['1', '2']),
  decisions: new Set(['0007']),
  exists: (path) => EXISTING.has(path),
  isPackaged: packagedBy(['docs', 'examples', '!examples/r2/.wrangler']),
  anchors: () => anchorsOf('# Rules\n\n## Where they come from\n\n```sh\n# not a heading\n```\n'),
};
const missing = (path: string, text: string) => missingCitations(path, text, KNOWN);

describe('a citation that exists is not reported', () => {
  test.each([
    ['a section', 'src/a.ts', '// docs/rules.md; semantics.md §2.2'],
    ['a promise', 'src/a.ts', '// It is an unknown (promise 2).'],
    ['a decision', 'src/a.ts', '// See decision 0007.'],
    ['a path below src/ in a page', 'docs/rules.md', 'The edge (`edge/app.ts`) is an app.'],
    ['a link with an anchor', 'README.md', '[Rules](docs/rules.md#where-they-come-from)'],
    ['a link to an address', 'README.md', '[RFC](https://www.rfc-editor.org/rfc/rfc9110)'],
    ['a path in code, which a test may invent', 'test/a.test.ts', "found('src/invented.ts', text);"],
  ])('%s', (_, path, text) => {
    expect(missing(path, text)).toEqual([]);
  });
});

describe('a citation that does not exist is reported with its file and line', () => {
  test.each([
    ['a section', 'src/a.ts', '// semantics.md §2.3', 'semantics.md §2.3 does not exist'],
    ['a promise', 'src/a.ts', '// promise 3', 'promise 3 does not exist'],
    ['a decision', 'src/a.ts', '// decision 0008', 'decision 0008 does not exist'],
    ['a path in a comment', 'src/a.ts', '// src/edge/gone.ts reads it', 'src/edge/gone.ts does not exist'],
    ['a path after code', 'src/a.ts', 'const a = 1; // docs/gone.md', 'docs/gone.md does not exist'],
    ['a path below src/ in a page', 'docs/a.md', 'See `edge/gone.ts`.', '`edge/gone.ts` does not exist'],
    ['a link', 'docs/a.md', '[x](gone.md)', 'gone.md does not exist'],
    ['an anchor', 'docs/a.md', '[x](rules.md#gone)', 'rules.md#gone names no heading of docs/rules.md'],
    [
      'a link out of the npm package',
      'docs/a.md',
      '[x](../scripts/imports.ts)',
      '../scripts/imports.ts is not in the npm package',
    ],
  ])('%s', (_, path, text, fault) => {
    expect(missing(path, `first line\n${text}\n`)).toEqual([`${path}:2: ${fault}`]);
  });
});

test('npm packs what `files` names and what it always packs, without what `!` excludes', () => {
  const isPackaged = packagedBy(['docs', 'examples', '!examples/r2/.wrangler']);
  expect(['README.md', 'LICENSE', 'docs/rules.md', 'examples/r2/worker.js'].filter(isPackaged)).toHaveLength(
    4,
  );
  expect(['CONTRIBUTING.md', 'documents/a.md', 'examples/r2/.wrangler/a'].filter(isPackaged)).toEqual([]);
});
