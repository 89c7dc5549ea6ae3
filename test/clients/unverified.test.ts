import { describe, expect, test } from 'vitest';
import { codeOf } from './_client.ts';
import { onBoth, useLines } from './_lines.ts';
import { allows } from './_rules.ts';
import { AWS_RULES, COS_RULES, OBS_RULES } from './_rules-clients.ts';
import { KEYS } from './_stores.ts';

/** Their calls are signed in forms of their own: Tencent COS's, and S3's before SigV4. */
const LINES = [COS_RULES, OBS_RULES].flatMap((kind) =>
  onBoth({ kind, mode: 'management keep' as const, store: 'a web server' as const }),
);
const opened = useLines('unverified', LINES);
const APP = 'https://app.example.com';
const RULES = [{ origins: [APP], methods: ['GET'] }];

describe.each(LINES.map((line, at) => ({ ...line, at })))(
  '$kind.name before $store through $mode on $runtime',
  ({ kind, at }) => {
    test('is refused every call for rules, and they stay as they are', async () => {
      const { entry, store } = opened(at);
      const other = { origins: ['https://other.example.com'], methods: ['GET'] };
      await AWS_RULES.open(entry, KEYS).put(RULES);
      const client = kind.open(entry, KEYS);
      for (const call of [() => client.put([other]), () => client.get(), () => client.remove()])
        expect(await call().then(() => 'accepted', codeOf)).toBe('InvalidArgument');
      expect(await allows(entry, APP)).toBe(true);
      expect(await allows(entry, 'https://other.example.com')).toBe(false);
      expect(await store.rules()).toBe(null);
    });
  },
);
