import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { ALI_OSS } from './_ali-oss.ts';
import { AWS } from './_aws.ts';
import { type ClientKind, codeOf, type Keys } from './_client.ts';
import { type OpenEdge, openEdge, RUNTIMES, type Runtime } from './_edges.ts';
import { allows, type RulesKind } from './_rules.ts';
import { ALI_OSS_RULES, AWS_RULES } from './_rules-clients.ts';
import { KEYS, OPEN, type Store, type StoreKind, TEAM, TEMPORARY } from './_stores.ts';

interface Line {
  readonly runtime: Runtime;
  readonly objects: ClientKind;
  readonly rules: RulesKind;
  readonly store: StoreKind;
}

const [V1, V4] = ALI_OSS;
const [V1_RULES, V4_RULES] = ALI_OSS_RULES as [RulesKind, RulesKind];
const LINES: readonly Line[] = RUNTIMES.flatMap((runtime) => [
  { runtime, objects: V1, rules: V1_RULES, store: 'the directory bucket' as const },
  { runtime, objects: V4, rules: V4_RULES, store: 'the directory bucket' as const },
  { runtime, objects: AWS, rules: AWS_RULES, store: 'the directory bucket as S3' as const },
]);

const APP = 'https://app.example.com';
const RULES = [{ origins: [APP], methods: ['GET'] }];
const { token: _, ...WITHOUT_TOKEN } = TEMPORARY;

const ACCEPTED: readonly (readonly [name: string, keys: Keys])[] = [
  ["the bucket's own key", KEYS],
  ['a further key', TEAM],
  ['a temporary key with its token', TEMPORARY],
];
const REFUSED: readonly (readonly [name: string, keys: Keys, code: string])[] = [
  ['an unknown key', { ...KEYS, accessKey: 'UNKNOWNKEY0000000001' }, 'InvalidAccessKeyId'],
  ['a wrong secret', { ...KEYS, secretKey: TEAM.secretKey }, 'SignatureDoesNotMatch'],
  ['a temporary key without its token', WITHOUT_TOKEN, 'InvalidAccessKeyId'],
];

const nameOf = (at: number): string => `keys-${at}`;
const edges = new Map<Runtime, OpenEdge>();
const stores: Store[] = [];

beforeAll(async () => {
  stores.push(...(await Promise.all(LINES.map(({ store }, at) => OPEN[store](nameOf(at))))));
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const served = LINES.flatMap((line, at) => {
        const store = stores[at];
        if (line.runtime !== runtime || store === undefined) return [];
        const options = { clientKeys: 'env:TEAM,env:STS' };
        return [[nameOf(at), { store, mode: 'management keep, objects resign', options }] as const];
      });
      edges.set(runtime, await openEdge(runtime, Object.fromEntries(served)));
    }),
  );
});
afterAll(async () => {
  await Promise.all([...edges.values()].map(({ close }) => close()));
  await Promise.all(stores.map(({ close }) => close()));
});

describe.each(LINES.map((line, at) => ({ ...line, at })))(
  '$objects.name before $store through management keep, objects resign on $runtime',
  ({ runtime, objects, rules, at }) => {
    const open = (keys: Keys) => {
      onTestFailed(() => console.error(edges.get(runtime)?.lines().join('\n')));
      const entry = { url: edges.get(runtime)?.url ?? '', bucket: nameOf(at) };
      return { entry, objects: objects.open(entry, keys), rules: rules.open(entry, keys) };
    };

    test.each(ACCEPTED)('%s writes rules and objects', async (name, keys) => {
      const client = open(keys);
      await client.rules.put(RULES);
      expect(await allows(client.entry, APP)).toBe(true);
      await client.rules.remove();
      const content = Buffer.from(name);
      await client.objects.put('by a key', content);
      expect(await stores[at]?.witness.read('by a key')).toEqual(content);
      expect(await client.objects.get('by a key')).toEqual(content);
    });

    test.each(REFUSED)('%s writes nothing, and reads nothing', async (name, keys, code) => {
      await stores[at]?.witness.write('secret', Buffer.from('secret'));
      const client = open(keys);
      expect(await client.rules.put(RULES).then(() => 'written', codeOf)).toBe(code);
      expect(await client.rules.get().then(() => 'read', codeOf)).toBe(code);
      expect(await allows(client.entry, APP)).toBe(false);
      expect(await client.objects.put(name, Buffer.from(name)).then(() => 'written', codeOf)).toBe(code);
      expect(await stores[at]?.witness.read(name)).toBe(null);
      expect(await client.objects.get('secret').then(() => 'read', codeOf)).toBe(code);
    });
  },
);
