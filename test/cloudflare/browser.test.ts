import { addBrowserTests } from '../e2e/_browser.ts';
import type { BrowserEdge, BrowserOptions } from '../e2e/browser/stage.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { ADMIN, adminOf, errorsOf, runWorker, TOKEN } from './_worker.ts';

addBrowserTests({ name: 'workerd', open });

/** Runs the built Worker before a scripted bucket, configured by variables as a single bucket is. */
async function open(options: BrowserOptions): Promise<BrowserEdge> {
  const bucket = await openUpstream(options.rules ?? 'none');
  const worker = await runWorker({
    env: {
      BUCKET_URL: bucket.url,
      STORE: options.dialect ?? 'oss',
      VARY: options.vary ?? 'safe',
      DANGEROUSLY_ALLOW_CREDENTIALS: String(options.dangerouslyAllowCredentials ?? false),
      // Rules are loaded again only after a test changes them.
      RULES_TTL: '1h',
      ADMIN_TOKEN: TOKEN,
      ADMIN_PATH: ADMIN,
    },
  });
  const admin = adminOf(worker);
  await admin('/explain?path=/key');
  return {
    url: worker.url,
    bucket,
    setRules: async (rules) => {
      bucket.rules = rules;
      await admin('/refresh', 'POST');
    },
    get errors() {
      return errorsOf(worker);
    },
    close: async () => {
      await worker.close();
      await bucket.close();
    },
  };
}
