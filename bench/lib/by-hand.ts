import { nginx } from '../../src/export/nginx/nginx.ts';
import { compileFor } from '../../src/export/targets.ts';
import { compileRules, type Rule, type RuleSet } from '../../src/index.ts';
import { ORIGIN } from './contestants.ts';
import type { Directives } from './nginx.ts';

const HEADERS = ['content-type', 'authorization', 'x-oss-*'];

/** Rules for one application: the usual size. */
export const ONE_RULE: RuleSet = {
  rules: [
    {
      allowedOrigins: [ORIGIN, 'https://www.example.com', 'https://*.staging.example.com'],
      allowedMethods: ['GET', 'PUT', 'HEAD'],
      allowedHeaders: HEADERS,
      exposeHeaders: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: 600,
    },
  ],
  responseVary: false,
};

/** `count` rules that differ in their methods, exposed headers and age, with five origins each. The last one lists `ORIGIN`. */
export const differentRules = (count: number, origins = 5): RuleSet => ({
  rules: Array.from({ length: count }, (_, at) => ({
    allowedOrigins: [
      ...Array.from({ length: origins - 2 }, (_, number) => `https://app-${at}-${number}.example.com`),
      at === count - 1 ? ORIGIN : `https://www-${at}.example.com`,
      `https://*.team-${at}.example.com`,
    ],
    allowedMethods: at % 2 === 0 ? ['GET', 'HEAD'] : ['GET', 'PUT', 'HEAD'],
    allowedHeaders: HEADERS,
    exposeHeaders: ['ETag', `x-app-${at}`],
    maxAgeSeconds: 600 + at,
  })),
  responseVary: false,
});

/** The same rules with the origin of the requests under a wildcard, which shares origins with other wildcards. */
export const underWildcard = ({ rules, responseVary }: RuleSet): RuleSet => ({
  rules: rules.map((rule) => ({
    ...rule,
    allowedOrigins: rule.allowedOrigins.map((origin) =>
      origin === ORIGIN ? 'https://app-*.example.com' : origin,
    ),
  })),
  responseVary,
});

/** What the exporter writes from rules. */
export function exported(rules: RuleSet): Directives {
  const compiled = compileFor(
    nginx,
    compileRules(rules, { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false }),
    {
      format: 'config',
      allowNarrower: false,
      bucketUrl: null,
      name: 'cors',
      source: 'bench',
      version: '0',
    },
  );
  if (!compiled.ok) throw new Error(compiled.refused.map(({ what }) => what).join('\n'));
  const [maps, location] = compiled.files;
  return { http: maps?.text ?? '', location: location?.text ?? '' };
}

/**
 * What a competent engineer writes for the same rules: one map for the origin, and one for each header that the origin
 * decides. One rule's origins are regular expressions, because a map of strings ignores case; those of many rules are
 * strings, because a hundred regular expressions would be slow. Methods are left to the browser, which compares them
 * with the list of the answer. No list can say `x-oss-*`, so one map compares request headers.
 */
export function byHand({ rules }: RuleSet): Directives {
  const [only] = rules;
  return rules.length === 1 && only !== undefined ? forOne(only) : forMany(rules);
}

const regexOf = (pattern: string): string => `~^${pattern.replaceAll('.', '\\.').replace('*', '[^/]+')}$`;

const keyOf = (origin: string): string => `'${origin.includes('*') ? regexOf(origin) : origin}'`;

const common = `
  proxy_set_header Origin '';
  proxy_set_header Access-Control-Request-Method '';
  proxy_set_header Access-Control-Request-Headers '';
  proxy_hide_header Access-Control-Allow-Origin;
  proxy_hide_header Access-Control-Allow-Methods;
  proxy_hide_header Access-Control-Allow-Headers;
  proxy_hide_header Access-Control-Expose-Headers;
  proxy_hide_header Access-Control-Max-Age;
  proxy_hide_header Access-Control-Allow-Credentials;
  add_header Access-Control-Allow-Origin $allowed always;
  add_header Access-Control-Allow-Methods $methods always;
  add_header Access-Control-Expose-Headers $exposed always;
  add_header Access-Control-Max-Age $age always;
  add_header Vary Origin always;`;

const preflight = `
  if ($request_method = OPTIONS) {
    add_header Access-Control-Allow-Origin $allowed;
    add_header Access-Control-Allow-Methods $methods;
    add_header Access-Control-Allow-Headers $headers;
    add_header Access-Control-Expose-Headers $exposed;
    add_header Access-Control-Max-Age $age;
    add_header Vary 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
    return 200;
  }`;

const headersMap = (allowed: readonly string[]): string => {
  const names = allowed.map((name) => name.replace('*', '[\\w-]+')).join('|');
  const sent = '$http_access_control_request_headers';
  return `map ${sent} $headers { default ''; '~*^((${names})(, ?|$))*$' ${sent}; }`;
};

const forOne = (rule: Rule): Directives => ({
  http: `
  map $http_origin $allowed { default ''; ${rule.allowedOrigins.map((origin) => `'${regexOf(origin)}' $http_origin;`).join(' ')} }
  map $allowed $methods { default '${rule.allowedMethods.join(', ')}'; '' ''; }
  map $allowed $exposed { default '${rule.exposeHeaders.join(', ')}'; '' ''; }
  map $allowed $age { default ${rule.maxAgeSeconds}; '' ''; }
  ${headersMap(rule.allowedHeaders)}`,
  location: `${common}${preflight}`,
});

const forMany = (rules: readonly Rule[]): Directives => {
  const map = (variable: string, value: (rule: Rule) => string): string =>
    `map $number $${variable} { default ''; ${rules.map((rule, at) => `${at + 1} '${value(rule)}';`).join(' ')} }`;
  const origins = rules.flatMap(({ allowedOrigins }, at) =>
    allowedOrigins.map((origin) => `${keyOf(origin)} ${at + 1};`),
  );
  return {
    http: `
  map $http_origin $number { default ''; ${origins.join(' ')} }
  map $number $allowed { default $http_origin; '' ''; }
  ${map('methods', ({ allowedMethods }) => allowedMethods.join(', '))}
  ${headersMap(HEADERS)}
  ${map('exposed', ({ exposeHeaders }) => exposeHeaders.join(', '))}
  ${map('age', ({ maxAgeSeconds }) => `${maxAgeSeconds}`)}`,
    location: `${common}${preflight}`,
  };
};
