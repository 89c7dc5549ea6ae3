import { Hono } from 'hono';
import { readByFetch } from '../../src/bucket/read.ts';
import { bucketCors } from '../../src/middleware.ts';
import { urlSource } from '../../src/rules/sources/url.ts';

let cors: ReturnType<typeof bucketCors> | undefined;

/** A Worker whose rules are loaded over the network; its variables are known from the first request on only. */
export default new Hono<{ Bindings: { RULES_URL: string } }>()
  .use((c, next) => {
    const { RULES_URL: url } = c.env;
    cors ??= bucketCors({
      rules: urlSource(url, ({ headers, ...limits }) => readByFetch(url, headers, limits)),
      rulesTtl: '1h',
    });
    return cors(c, next);
  })
  .get('/key', (c) => c.text('the object'));
