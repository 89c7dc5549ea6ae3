import { loadedFrom, MAX_DOCUMENT_BYTES } from './read.ts';
import type { Ask, Source } from './source.ts';

/** Rules published as a document at a URL; read strictly, since somebody wrote them there for this purpose. */
export const urlSource = (url: string, ask: Ask): Source => ({
  kind: 'url',
  name: withoutQuery(url),
  load: async (signal) => {
    const { status, text } = await ask({ maxBytes: MAX_DOCUMENT_BYTES, signal }).catch((error) => {
      throw withoutUrl(error, url);
    });
    if (status !== 200) {
      return {
        outcome: 'unknown',
        cause: `${withoutQuery(url)} answered ${status}`,
        cure: 'Make the document readable there with status 200; redirects are not followed.',
      };
    }
    return loadedFrom(text, 'strict', `Mend the document at ${withoutQuery(url)}.`);
  },
});

/** A query may carry a signature or a token: it never reaches a log (promise 7). */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** `fetch` tells the whole URL in some of its messages. */
const withoutUrl = (error: unknown, url: string): Error => {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return new Error(message.replaceAll(url, withoutQuery(url)), { cause });
};
