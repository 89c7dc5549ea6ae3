import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Page, type PageQuery, pageOf } from '../../../src/node/directory/list/page.ts';
import { byUtf8 } from '../../../src/node/directory/list/walk.ts';

async function* from(keys: readonly string[], { prefix, after }: PageQuery): AsyncGenerator<string> {
  for (const key of keys) if (key.startsWith(prefix) && byUtf8(key, after) > 0) yield key;
}

/** Every page, each begun where the one before ended. */
async function pagesOf(keys: readonly string[], query: Omit<PageQuery, 'after'>): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let after = ''; ; ) {
    const page = await pageOf(from(keys, { ...query, after }), { ...query, after });
    pages.push(page);
    if (page.next === null) return pages;
    after = page.next;
  }
}

const keys = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', 'é', '￿', '😀'), minLength: 1, maxLength: 6 }),
);
const prefix = fc.constantFrom('', 'a', 'a/', 'b');
const delimiter = fc.constantFrom('', '/', 'b', '//');

test('pages of every size list each key, or its group, once, in the order of bytes', () =>
  fc.assert(
    fc.asyncProperty(
      keys,
      prefix,
      delimiter,
      fc.integer({ min: 1, max: 5 }),
      async (all, prefix, delimiter, max) => {
        const ordered = [...all].sort(byUtf8);
        const wanted = new Set(
          ordered
            .filter((key) => key.startsWith(prefix))
            .map((key) => {
              const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
              return at < 0 ? key : key.slice(0, at + delimiter.length);
            }),
        );
        const pages = await pagesOf(ordered, { prefix, delimiter, max });
        const listed = pages.flatMap(({ keys, groups }) => [...keys, ...groups].sort(byUtf8));
        expect(listed).toEqual([...wanted]);
        for (const { keys, groups } of pages.slice(0, -1)) expect(keys.length + groups.length).toBe(max);
      },
    ),
    { numRuns: 300 },
  ));

test('the order is that of UTF-8, not of UTF-16', () => {
  expect(['\u{ffff}', '\u{1f600}', 'a'].sort(byUtf8)).toEqual(['a', '\u{ffff}', '\u{1f600}']);
});

test('a page of nothing has no next one', async () => {
  expect(
    await pageOf(from(['a'], { prefix: '', delimiter: '', after: '', max: 0 }), {
      prefix: '',
      delimiter: '',
      after: '',
      max: 0,
    }),
  ).toEqual({ keys: [], groups: [], next: null });
});
