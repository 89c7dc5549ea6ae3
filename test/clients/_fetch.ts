import type { ClientKind, Entry, ObjectClient, Operation } from './_client.ts';

/** What a page or a program without a key does with objects. */
export const READS: readonly Operation[] = ['get', 'head', 'range'];

/** Its other operations are not asked for. */
export const FETCH: ClientKind = {
  name: 'fetch',
  refusedHead: '403',
  open: (entry) => readsOf(entry) as ObjectClient,
};

function readsOf({ url, bucket }: Entry): Pick<ObjectClient, 'get' | 'head' | 'range'> {
  const ask = async (key: string, init: RequestInit): Promise<Response> => {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const answered = await fetch(`${url}/${bucket}/${path}`, init);
    if (!answered.ok)
      throw Object.assign(new Error(await answered.text()), { code: String(answered.status) });
    return answered;
  };
  const contentOf = async (asked: Promise<Response>) => Buffer.from(await (await asked).arrayBuffer());
  return {
    get: (key) => contentOf(ask(key, {})),
    async head(key) {
      const { headers } = await ask(key, { method: 'HEAD' });
      return { size: Number(headers.get('content-length')), etag: headers.get('etag') ?? '' };
    },
    range: (key, first, last) => contentOf(ask(key, { headers: { Range: `bytes=${first}-${last}` } })),
  };
}
