import { describe, expect, test } from 'vitest';
import { values } from '../../helpers/client.ts';
import { rule } from '../../helpers/rules.ts';
import { setOf } from '../../suite/sets.ts';
import { type Init, REFUSED, read, sandbox } from './script.ts';
import { type BrowserOptions, freshKey, object, type Stage, useEdge } from './stage.ts';

/** The origin in the rule, and Chromium's error for the answer. */
interface Row {
  readonly allowed: 'the exact origin' | 'a pattern' | '*';
  readonly outcome: 'allowed' | 'InvalidAllowCredentials' | 'WildcardOriginNotAllowed';
}

const BLOCKS: readonly [title: string, options: BrowserOptions, rows: readonly Row[]][] = [
  [
    'in dialect s3',
    { dialect: 's3' },
    [
      { allowed: 'the exact origin', outcome: 'allowed' },
      { allowed: 'a pattern', outcome: 'allowed' },
      { allowed: '*', outcome: 'WildcardOriginNotAllowed' },
    ],
  ],
  [
    'in dialect oss',
    { dialect: 'oss' },
    [
      { allowed: 'the exact origin', outcome: 'InvalidAllowCredentials' },
      { allowed: 'a pattern', outcome: 'InvalidAllowCredentials' },
      { allowed: '*', outcome: 'WildcardOriginNotAllowed' },
    ],
  ],
  [
    'in dialect oss with dangerouslyAllowCredentials',
    { dialect: 'oss', dangerouslyAllowCredentials: true },
    [
      { allowed: 'the exact origin', outcome: 'allowed' },
      { allowed: 'a pattern', outcome: 'InvalidAllowCredentials' },
      { allowed: '*', outcome: 'WildcardOriginNotAllowed' },
    ],
  ],
];

const INCLUDE: Init = { credentials: 'include' };

export function addCredentialTests(stage: Stage): void {
  const originFor = (allowed: Row['allowed']): string => {
    if (allowed === '*') return '*';
    return allowed === 'a pattern' ? 'http://127.0.0.1:*' : stage.origins().page;
  };

  describe.each(BLOCKS)('a fetch with credentials, %s', (_, options, rows) => {
    const edge = useEdge(stage, options);
    const allow = (origin: string) =>
      edge().setRules(
        setOf(rule({ allowedOrigins: [origin], allowedMethods: ['GET', 'PUT'], allowedHeaders: ['*'] })),
      );

    test.each(rows)('under a rule for $allowed: $outcome', async ({ allowed, outcome }) => {
      await allow(originFor(allowed));
      edge().bucket.script = object('secret');
      const { page, preflights, refusals } = await stage.visit(stage.origins().page);
      // Cookies ignore ports, so the browser sends this one to the edge too.
      await page.evaluate(() => cookieStore.set('session', '1'));
      const url = edge().url + freshKey();
      const granted = outcome === 'allowed';
      const expected = granted ? expect.objectContaining({ body: 'secret' }) : REFUSED;

      expect(await read(page, url, INCLUDE)).toEqual(expected);
      await expect.poll(() => refusals).toEqual(granted ? [] : [outcome]);
      const [asked] = edge().bucket.asked;
      expect(asked && values(asked, 'cookie')).toEqual(['session=1']);

      const headers = { Authorization: 'a', 'x-one': '1' };
      expect(await read(page, url, { ...INCLUDE, method: 'PUT', headers })).toEqual(expected);
      await expect.poll(() => preflights).toEqual(['PUT']);
      await expect.poll(() => refusals).toEqual(granted ? [] : [outcome, `Preflight${outcome}`]);
      expect(edge().bucket.asked.map(({ method }) => method)).toEqual(granted ? ['GET', 'PUT'] : ['GET']);

      expect(await read(page, url, { credentials: 'omit' })).toMatchObject({ body: 'secret' });
    });

    test('from the origin null: refused even under a rule for null', async () => {
      await allow('null');
      const { page } = await stage.visit(stage.origins().page);
      const frame = await sandbox(page);
      const url = edge().url + freshKey();
      expect(await read(frame, url, INCLUDE)).toEqual(REFUSED);
      expect(await read(frame, url)).toMatchObject({ status: 200 });
    });
  });
}
