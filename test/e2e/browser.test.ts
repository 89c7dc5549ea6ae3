import { openUpstream } from '../helpers/upstream.ts';
import { configOf, startEdge } from '../node/_running.ts';
import { addBrowserTests } from './_browser.ts';
import type { BrowserEdge, BrowserOptions } from './browser/stage.ts';

addBrowserTests({ name: 'Node', open: openStarted });

/** Starts the whole edge like the program, before a scripted bucket. */
async function openStarted(options: BrowserOptions): Promise<BrowserEdge> {
  const bucket = await openUpstream(options.rules ?? 'none');
  const running = await startEdge(
    configOf({
      bucket: bucket.url,
      store: options.dialect ?? 'oss',
      vary: options.vary ?? 'safe',
      dangerouslyAllowCredentials: String(options.dangerouslyAllowCredentials ?? false),
      // Rules are loaded again only when a test changes them.
      rulesTtl: '1h',
      drain: '0',
    }),
  );
  await running.cache.current(running.bucket);
  return {
    url: running.url,
    bucket,
    setRules: async (rules) => {
      bucket.rules = rules;
      await running.cache.refresh(running.bucket);
    },
    get errors() {
      return running.logged().filter(({ msg }) => msg === 'the edge failed on a request');
    },
    close: async () => {
      await running.close();
      await bucket.close();
    },
  };
}
