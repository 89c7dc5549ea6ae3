import type { RuleSet } from '../../src/index.ts';

/** Typical rules with three origins each; only the last rule matches `https://app-9.example.com`. */
export const ruleSetOf = (name: string, count: number): RuleSet => ({
  rules: Array.from({ length: count }, (_, at) => ({
    allowedOrigins: [
      `https://app-${at}.example.com`,
      `https://*.${name}-${at}.example.com`,
      `http://localhost:${3000 + at}`,
    ],
    allowedMethods: ['GET', 'PUT', 'HEAD'],
    allowedHeaders: ['content-type', 'authorization', 'x-oss-*'],
    exposeHeaders: ['ETag', `x-oss-${name}`],
    maxAgeSeconds: 600,
  })),
  responseVary: false,
});
