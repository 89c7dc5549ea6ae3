import { expect, test } from 'vitest';
import { rule } from '../helpers/rules.ts';
import { setOf } from '../suite/sets.ts';
import { codeOf } from './_client.ts';
import { isMissing, type Line, onBoth, useLines } from './_lines.ts';
import { allows, type RulesKind } from './_rules.ts';
import { AWS_RULES } from './_rules-aws.ts';
import { COS_RULES } from './_rules-cos.ts';
import { OBS_RULES } from './_rules-obs.ts';
import { KEYS } from './_stores.ts';

interface RefusedLine extends Line {
  readonly kind: RulesKind;
  readonly code: string;
}

const LINES: readonly RefusedLine[] = [
  // Their calls are signed in forms of their own: Tencent COS's, and S3's before SigV4.
  ...[COS_RULES, OBS_RULES].flatMap((kind) =>
    onBoth({
      kind,
      mode: 'management keep' as const,
      store: 'a web server' as const,
      code: 'InvalidArgument',
    }),
  ),
  // SigV4 covers the Host, and a Worker cannot send the client's.
  {
    kind: AWS_RULES,
    mode: 'pass',
    store: 'the Ceph gateway',
    runtime: 'workerd',
    code: 'SignatureDoesNotMatch',
  },
];
const APP = 'https://app.example.com';
const OTHER = 'https://other.example.com';

const opened = useLines('refused', LINES, async (store, { mode }) => {
  if (mode === 'pass') await store.putRules(setOf(rule({ allowedOrigins: [APP], allowedMethods: ['GET'] })));
});

for (const [at, line] of LINES.entries()) {
  const { kind, store, mode, runtime, code } = line;
  const title = `${kind.name} before ${store} through ${mode} on ${runtime}`;
  test.skipIf(isMissing(line))(`${title} is refused every call for rules, and they stay`, async () => {
    const { entry, store } = opened(at);
    if (mode !== 'pass') await AWS_RULES.open(entry, KEYS).put([{ origins: [APP], methods: ['GET'] }]);
    const before = await store.rules();
    const client = kind.open(entry, KEYS);
    const calls = [
      () => client.put([{ origins: [OTHER], methods: ['GET'] }]),
      () => client.get(),
      () => client.remove(),
    ];
    for (const call of calls) expect(await call().then(() => 'accepted', codeOf)).toBe(code);
    expect(await allows(entry, APP)).toBe(true);
    expect(await allows(entry, OTHER)).toBe(false);
    expect(await store.rules()).toEqual(before);
  });
}
