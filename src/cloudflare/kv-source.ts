import { askForRules, readUncached, rulesUrl } from '../bucket/read.ts';
import type { Address, Sign } from '../bucket/transport.ts';
import type { RulesPlace } from '../config/values.ts';
import { loadedFrom, type Source } from '../rules/source.ts';
import { bucketSource } from '../rules/sources/bucket.ts';
import { inlineSource } from '../rules/sources/inline.ts';
import { type Token, urlSource } from '../rules/sources/url.ts';
import type { Kv } from './platform.ts';

export interface SourceMeans {
  readonly address: Address;
  readonly sign?: Sign | undefined;
  readonly token?: Token | undefined;
  readonly kv: Kv | null;
}

/** Opens where a bucket's rules come from; null for a place that Workers don't have. */
export function openSource(place: RulesPlace, { address, sign, token, kv }: SourceMeans): Source | null {
  switch (place.kind) {
    case 'bucket':
      return bucketSource(rulesUrl(address), askForRules(address, readUncached, sign));
    case 'inline':
      return inlineSource(place.text);
    case 'url':
      return urlSource(
        place.url,
        ({ headers, ...limits }) => readUncached(place.url, headers, limits),
        token,
      );
    case 'kv':
      return kv === null ? null : kvSource(kv, place.key);
    case 'file':
      return null;
  }
}

/** Rules published as a document in the KV namespace; read strictly, since somebody wrote them there for this. */
export const kvSource = (kv: Kv, key: string): Source => ({
  kind: 'kv',
  name: `kv:${key}`,
  load: async (_signal, previous) => {
    const text = await kv.get(key);
    if (text === null) {
      const cure = `Write it: wrangler kv key put --binding RULES_KV ${key} --path FILE`;
      return { outcome: 'unknown', cause: `the KV namespace has no key ${key}`, cure };
    }
    if (text === previous?.text) return { outcome: 'unchanged' };
    const loaded = loadedFrom(text, 'strict', `Mend the document at the key ${key}.`);
    return loaded.outcome === 'rules' ? { ...loaded, validators: { text } } : loaded;
  },
});
