import { askForRules, type Read } from '../bucket/read.ts';
import type { Address, Sign } from '../bucket/transport.ts';
import type { Result } from '../document/fault.ts';
import type { Source } from '../rules/source.ts';
import { bucketSource } from '../rules/sources/bucket.ts';
import { inlineSource } from '../rules/sources/inline.ts';
import type { RulesPlace } from '../rules/sources/kinds.ts';
import { type KvReader, kvSource } from '../rules/sources/kv.ts';
import { type Token, urlSource } from '../rules/sources/url.ts';

export interface SourceMeans {
  readonly read: Read;
  readonly bucket: { readonly address: Address; readonly rulesName: string };
  readonly sign: Sign | undefined;
  readonly token: Token | undefined;
  /** Absent: the platform has no files. */
  readonly file?: ((path: string) => Source) | undefined;
  /** Absent: the platform has no KV namespace. */
  readonly kv?: KvReader | undefined;
}

type Openers = {
  readonly [K in RulesPlace['kind']]: (
    place: Extract<RulesPlace, { kind: K }>,
    means: SourceMeans,
  ) => Source | { readonly fault: string };
};

const OPENERS: Openers = {
  bucket: (_, { bucket, read, sign }) =>
    bucketSource(bucket.rulesName, askForRules(bucket.address, read, sign)),
  inline: ({ text }) => inlineSource(text),
  file: ({ path }, { file }) =>
    file?.(path) ?? { fault: `${path}: Workers have no files; name a URL, kv:KEY or \`bucket\`` },
  kv: ({ key }, { kv }) =>
    kv === undefined
      ? { fault: `kv:${key}: only Workers have a KV namespace; name a file, a URL or \`bucket\`` }
      : kvSource(kv, key),
  url: ({ url }, { read, token }) =>
    urlSource(url, ({ headers, ...limits }) => read(url, headers, limits), token),
};

/** Opens the source of a bucket's rules; a fault where the platform does not have this kind. */
export function openSource(place: RulesPlace, means: SourceMeans): Result<Source, string> {
  // The compiler does not relate the key to its place.
  const open = OPENERS[place.kind] as (place: RulesPlace, means: SourceMeans) => ReturnType<Openers['kv']>;
  const opened = open(place, means);
  return 'fault' in opened ? { ok: false, faults: [opened.fault] } : { ok: true, value: opened };
}
