import { loadedFrom, type Source } from '../source.ts';
import type { KindRow, KvReader } from './kind.ts';

/** What to write to bind the namespace. */
export const KV_BINDING =
  '[[kv_namespaces]] into wrangler.toml, with binding = "RULES_KV" and the id of your namespace';

/** A key of the KV namespace that a Worker is bound to. */
export const kvKind: KindRow<{ readonly kind: 'kv'; readonly key: string }> = {
  parse: (text) => {
    const [, key] = /^kv:(.{1,512})$/.exec(text) ?? [];
    return key === undefined ? null : { value: { kind: 'kv', key } };
  },
  open: ({ key }, { kv }) =>
    kv === undefined
      ? {
          fault:
            `kv:${key}: no KV namespace is bound, and only Workers can have one; ` +
            `write ${KV_BINDING}, or elsewhere a file, a URL or \`bucket\``,
        }
      : kvSource(kv, key),
  needsKv: true,
};

/** Rules published as a document in the KV namespace; read strictly: an operator wrote them for this edge. */
export const kvSource = (kv: KvReader, key: string): Source => ({
  kind: 'kv',
  name: `kv:${key}`,
  load: async (_signal, previous) => {
    const text = await kv.get(key);
    if (text === null) {
      const cure = `Write it: wrangler kv key put --binding RULES_KV ${key} --path FILE`;
      return { outcome: 'unknown', cause: `the KV namespace has no key ${key}`, cure };
    }
    if (text === previous?.text) return { outcome: 'unchanged' };
    const loaded = loadedFrom(text, 'strict', `Correct the document at the key ${key}.`);
    return loaded.outcome === 'rules' ? { ...loaded, validators: { text } } : loaded;
  },
});
