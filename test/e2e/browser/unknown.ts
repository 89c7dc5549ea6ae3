import { describe, expect, test } from 'vitest';
import { rule } from '../../helpers/rules.ts';
import { setOf } from '../../suite/sets.ts';
import { DOT, DOT_PIXEL, PNG } from './picture.ts';
import { paint, REFUSED, read } from './script.ts';
import { freshKey, object, type Stage, useEdge, type Visit } from './stage.ts';

const FOR_AN_HOUR = object(DOT, [...PNG, 'Cache-Control', 'public, max-age=3600, immutable']);

interface Row {
  readonly name: string;
  readonly ask: (page: Visit['page'], url: string) => Promise<unknown>;
  readonly before: unknown;
  readonly after: unknown;
  /** Requests that reach the bucket before the rules are known, and in total. */
  readonly asked: readonly [before: number, inAll: number];
}

const ROWS: readonly Row[] = [
  {
    name: 'a fetch',
    ask: (page, url) => read(page, url),
    before: REFUSED,
    after: expect.objectContaining({ status: 200, type: 'cors' }),
    asked: [1, 2],
  },
  {
    name: 'an image with crossorigin',
    ask: (page, url) => paint(page, url, 'anonymous'),
    before: 'not loaded',
    after: DOT_PIXEL,
    asked: [1, 2],
  },
  {
    name: 'an image without crossorigin, followed by a fetch',
    ask: async (page, url) => [await paint(page, url, null), await read(page, url)],
    before: ['tainted', REFUSED],
    after: ['tainted', expect.objectContaining({ status: 200 })],
    asked: [2, 4],
  },
  {
    name: 'an upload with a preflight',
    ask: (page, url) => read(page, url, { method: 'PUT' }),
    before: REFUSED,
    after: expect.objectContaining({ status: 200 }),
    asked: [0, 1],
  },
];

export function addUnknownTests(stage: Stage): void {
  describe.each(ROWS)('while the rules are unknown, $name', ({ ask, before, after, asked }) => {
    const edge = useEdge(stage, { rules: 'unknown' });

    test('fails, and succeeds on the same URL as soon as the rules are known', async () => {
      edge().bucket.script = FOR_AN_HOUR;
      const { page } = await stage.visit(stage.origins().page);
      const url = edge().url + freshKey();
      expect(await ask(page, url)).toEqual(before);
      expect(edge().bucket.asked).toHaveLength(asked[0]);
      const allowedOrigins = [stage.origins().page];
      await edge().setRules(setOf(rule({ allowedOrigins, allowedMethods: ['GET', 'PUT'] })));
      expect(await ask(page, url)).toEqual(after);
      expect(edge().bucket.asked).toHaveLength(asked[1]);
    });
  });

  describe('while the rules are unknown, an image without crossorigin', () => {
    const edge = useEdge(stage, { rules: 'unknown' });

    test('is not cached; afterwards it is', async () => {
      edge().bucket.script = FOR_AN_HOUR;
      const url = edge().url + freshKey();
      const askedAfter = async (visits: number) => {
        // A new page each time: a document caches its own images.
        for (let count = 0; count < visits; count += 1) {
          const { page } = await stage.visit(stage.origins().page);
          expect(await paint(page, url, null)).toBe('tainted');
        }
        return edge().bucket.asked.length;
      };
      expect(await askedAfter(2)).toBe(2);
      await edge().setRules(setOf(rule()));
      expect(await askedAfter(2)).toBe(3);
    });
  });
}
