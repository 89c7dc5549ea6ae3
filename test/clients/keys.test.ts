import { describe, expect, test } from 'vitest';
import { ALI_OSS } from './_ali-oss.ts';
import { AWS } from './_aws.ts';
import { type ClientKind, codeOf, type Keys } from './_client.ts';
import { type Line, onBoth, useLines } from './_lines.ts';
import { allows, type RulesKind } from './_rules.ts';
import { ALI_OSS_RULES } from './_rules-ali-oss.ts';
import { AWS_RULES } from './_rules-aws.ts';
import { KEYS, TEAM, TEMPORARY } from './_stores.ts';

interface KeysLine extends Line {
  readonly objects: ClientKind;
  readonly rules: RulesKind;
}

const [V1, V4] = ALI_OSS;
const [V1_RULES, V4_RULES] = ALI_OSS_RULES as [RulesKind, RulesKind];
const SERVED = {
  mode: 'management keep, objects resign',
  options: { clientKeys: 'env:TEAM,env:STS' },
} as const;
const LINES: readonly KeysLine[] = [
  ...onBoth({ ...SERVED, objects: V1, rules: V1_RULES, store: 'an OSS store' as const }),
  ...onBoth({ ...SERVED, objects: V4, rules: V4_RULES, store: 'an OSS store' as const }),
  ...onBoth({ ...SERVED, objects: AWS, rules: AWS_RULES, store: 'an OSS store as S3' as const }),
];

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

const opened = useLines('keys', LINES);

describe.each(LINES.map((line, at) => ({ ...line, at })))(
  '$objects.name before $store through $mode on $runtime',
  ({ objects, rules, at }) => {
    const open = (keys: Keys) => {
      const { entry, store } = opened(at);
      return {
        entry,
        objects: objects.open(entry, keys),
        rules: rules.open(entry, keys),
        witness: store.witness,
        asked: store.asked,
      };
    };

    test.each(ACCEPTED)('%s writes rules and objects', async (name, keys) => {
      const client = open(keys);
      await client.rules.put(RULES);
      expect(await allows(client.entry, APP)).toBe(true);
      await client.rules.remove();
      const content = Buffer.from(name);
      await client.objects.put('by a key', content);
      expect(await client.witness.read('by a key')).toEqual(content);
      expect(await client.objects.get('by a key')).toEqual(content);
      // A signature covers what its own key may do, so no other key signs again.
      expect(String(client.asked?.at(-1)?.headers)).toContain(keys.accessKey);
    });

    test.each(REFUSED)('%s writes nothing, and reads nothing', async (name, keys, code) => {
      const client = open(keys);
      await client.witness.write('secret', Buffer.from('secret'));
      expect(await client.rules.put(RULES).then(() => 'written', codeOf)).toBe(code);
      expect(await client.rules.get().then(() => 'read', codeOf)).toBe(code);
      expect(await allows(client.entry, APP)).toBe(false);
      expect(await client.objects.put(name, Buffer.from(name)).then(() => 'written', codeOf)).toBe(code);
      expect(await client.witness.read(name)).toBe(null);
      expect(await client.objects.get('secret').then(() => 'read', codeOf)).toBe(code);
    });
  },
);
