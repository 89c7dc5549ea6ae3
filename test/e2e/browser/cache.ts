import { describe, expect, test } from 'vitest';
import type { VaryMode } from '../../../src/cors/behaviour.ts';
import { values } from '../../helpers/client.ts';
import { rule } from '../../helpers/rules.ts';
import { collect, type Script, say } from '../../helpers/upstream.ts';
import { setOf } from '../../suite/sets.ts';
import { DOT, DOT_PIXEL, PNG } from './picture.ts';
import { paint, REFUSED, read } from './script.ts';
import { freshKey, object, type Stage, useEdge } from './stage.ts';

const FOR_AN_HOUR = object(DOT, [...PNG, 'Cache-Control', 'public, max-age=3600']);
const ETAG = '"dot"';

/** An object that the browser must revalidate; a request with its ETag gets 304. */
const REVALIDATED: Script = (asked, incoming, outgoing) => {
  const caching = ['Cache-Control', 'max-age=0', 'ETag', ETAG];
  const same = values(asked, 'if-none-match').includes(ETAG);
  collect(asked, incoming);
  incoming.once('end', () =>
    say(outgoing, same ? { status: 304, headers: caching } : object(DOT, [...PNG, ...caching])),
  );
};

type Who = 'page' | 'stranger';
const READ = expect.objectContaining({ status: 200, type: 'cors' });

/** `asked` counts the requests that reach the bucket: fewer than the page makes if the browser has a copy. */
interface AfterImage {
  readonly allowed: 'page' | '*';
  readonly outcome: 'works' | 'fails';
  readonly asked: number;
}

const AFTER_IMAGE: readonly [VaryMode, readonly AfterImage[]][] = [
  [
    'safe',
    [
      { allowed: 'page', outcome: 'works', asked: 2 },
      { allowed: '*', outcome: 'works', asked: 1 },
    ],
  ],
  // The stores' own behaviour, which `safe` corrects. If these rows worked, the rows above would prove nothing.
  [
    'store',
    [
      { allowed: 'page', outcome: 'fails', asked: 1 },
      { allowed: '*', outcome: 'fails', asked: 1 },
    ],
  ],
];

interface Shared {
  readonly name: string;
  readonly allowed: readonly (Who | '*')[];
  /** The pages that fetch it, in order, with the outcome. */
  readonly fetches: readonly (readonly [Who, 'reads' | 'fails'])[];
  readonly asked: number;
}

const SHARED: readonly [VaryMode, readonly Shared[]][] = [
  [
    'safe',
    [
      {
        name: 'both read it under rules for both',
        allowed: ['page', 'stranger'],
        fetches: [
          ['page', 'reads'],
          ['stranger', 'reads'],
        ],
        asked: 2,
      },
      {
        name: 'the one without a rule is refused after the other has read it',
        allowed: ['page'],
        fetches: [
          ['page', 'reads'],
          ['stranger', 'fails'],
        ],
        asked: 2,
      },
      {
        name: 'the one with a rule reads it after the other was refused',
        allowed: ['page'],
        fetches: [
          ['stranger', 'fails'],
          ['page', 'reads'],
        ],
        asked: 2,
      },
      {
        name: 'both read one copy under a rule for every origin',
        allowed: ['*'],
        fetches: [
          ['page', 'reads'],
          ['stranger', 'reads'],
        ],
        asked: 1,
      },
    ],
  ],
  [
    'store',
    [
      {
        name: 'the second is refused because of the first one’s copy',
        allowed: ['page', 'stranger'],
        fetches: [
          ['page', 'reads'],
          ['stranger', 'fails'],
        ],
        asked: 1,
      },
    ],
  ],
];

export function addCacheTests(stage: Stage): void {
  const lists = (allowed: readonly (Who | '*')[]) =>
    setOf(
      rule({
        allowedOrigins: allowed.map((who) => (who === '*' ? who : stage.origins()[who])),
        exposeHeaders: ['ETag'],
      }),
    );

  describe.each(AFTER_IMAGE)(
    'an object that an image has put into the browser’s cache, vary: %s',
    (vary, rows) => {
      const edge = useEdge(stage, { dialect: 'oss', vary });

      test.each(rows)(
        'fetch $outcome under a rule for $allowed; requests to the bucket: $asked',
        async ({ allowed, outcome, asked }) => {
          await edge().setRules(lists([allowed]));
          edge().bucket.script = FOR_AN_HOUR;
          const { page, refusals } = await stage.visit(stage.origins().page);
          const url = edge().url + freshKey();
          expect(await paint(page, url, null)).toBe('tainted');
          expect(await read(page, url)).toEqual(outcome === 'works' ? READ : REFUSED);
          await expect.poll(() => refusals).toEqual(outcome === 'works' ? [] : ['MissingAllowOriginHeader']);
          expect(edge().bucket.asked).toHaveLength(asked);
        },
      );

      test.each(rows)(
        'reading its pixels $outcome under a rule for $allowed; requests to the bucket: $asked',
        async ({ allowed, outcome, asked }) => {
          await edge().setRules(lists([allowed]));
          edge().bucket.script = FOR_AN_HOUR;
          const { page } = await stage.visit(stage.origins().page);
          const url = edge().url + freshKey();
          expect(await paint(page, url, null)).toBe('tainted');
          expect(await paint(page, url, 'anonymous')).toBe(outcome === 'works' ? DOT_PIXEL : 'not loaded');
          expect(edge().bucket.asked).toHaveLength(asked);
        },
      );

      test.each(rows)(
        'fetch by another origin’s page $outcome under a rule for $allowed; requests to the bucket: $asked',
        async ({ allowed, outcome, asked }) => {
          await edge().setRules(lists([allowed]));
          edge().bucket.script = FOR_AN_HOUR;
          const url = edge().url + freshKey();
          const stranger = await stage.visit(stage.origins().stranger);
          expect(await paint(stranger.page, url, null)).toBe('tainted');
          const { page } = await stage.visit(stage.origins().page);
          expect(await read(page, url)).toEqual(outcome === 'works' ? READ : REFUSED);
          expect(edge().bucket.asked).toHaveLength(asked);
        },
      );
    },
  );

  describe.each(SHARED)('two origins fetch one object that the browser may cache, vary: %s', (vary, rows) => {
    const edge = useEdge(stage, { dialect: 'oss', vary });

    test.each(rows)('$name', async ({ allowed, fetches, asked }) => {
      await edge().setRules(lists(allowed));
      edge().bucket.script = FOR_AN_HOUR;
      const url = edge().url + freshKey();
      for (const [who, outcome] of fetches) {
        const { page } = await stage.visit(stage.origins()[who]);
        expect(await read(page, url), who).toEqual(outcome === 'reads' ? READ : REFUSED);
      }
      expect(edge().bucket.asked).toHaveLength(asked);
    });
  });

  describe('an unchanged object that the browser revalidates', () => {
    const edge = useEdge(stage);
    const validators = () => edge().bucket.asked.map((asked) => values(asked, 'if-none-match').join());

    test.each(['page', '*'] as const)(
      'is readable after an image has loaded it, under a rule for %s',
      async (allowed) => {
        await edge().setRules(lists([allowed]));
        edge().bucket.script = REVALIDATED;
        const { page } = await stage.visit(stage.origins().page);
        const url = edge().url + freshKey();
        expect(await paint(page, url, null)).toBe('tainted');
        expect(await read(page, url)).toMatchObject({ status: 200, type: 'cors', headers: { etag: ETAG } });
        expect(validators()).toEqual(['', ETAG]);
      },
    );

    test('is allowed to each of two origins by its own answer', async () => {
      await edge().setRules(lists(['page', 'stranger']));
      edge().bucket.script = REVALIDATED;
      const url = edge().url + freshKey();
      for (const who of ['page', 'stranger', 'page'] as const) {
        const { page } = await stage.visit(stage.origins()[who]);
        expect(await read(page, url), who).toEqual(READ);
      }
      expect(validators()).toEqual(['', ETAG, ETAG]);
    });

    test('is refused to an origin without a rule, before and after one with a rule', async () => {
      await edge().setRules(lists(['page']));
      edge().bucket.script = REVALIDATED;
      const url = edge().url + freshKey();
      for (const who of ['page', 'stranger', 'page'] as const) {
        const { page } = await stage.visit(stage.origins()[who]);
        expect(await read(page, url), who).toEqual(who === 'page' ? READ : REFUSED);
      }
      expect(validators().slice(0, 2)).toEqual(['', ETAG]);
    });
  });
}
