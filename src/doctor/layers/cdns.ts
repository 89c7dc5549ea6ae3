import type { Layer } from './layer.ts';

const EXPORTS = (target: string): string => `\`bucket-cors export ${target} --rules SOURCE\``;

/** https://www.alibabacloud.com/help/en/oss/to-configure-alibaba-cloud-content-delivery-network-accelerated-oss-cross-domain-access */
const ALIBABA_CDN: Layer = {
  name: 'Alibaba Cloud CDN',
  kind: 'cdn',
  signs: [
    { name: 'x-swift-savetime' },
    { name: 'x-swift-cachetime' },
    { name: 'ali-swift-global-savetime' },
    { name: 'via', value: /\b(?:v?cache|kunlun)\d+\.\w+\[/i },
  ],
  cures: {
    allow: `The CDN writes its headers after its cache: under Cache > POP HTTP Response Header set Access-Control-Allow-Origin to the origin with "Allow Duplicates" off, or write the whole configuration from the rules: ${EXPORTS('alibaba-cdn')}.`,
    preflight: `Nodes pass OPTIONS to the bucket: the back-to-origin host must be the bucket's own. \`bucket-cors export alibaba-cdn\` writes the headers of the other answers.`,
    cache: `Under Cache > POP HTTP Response Header write Access-Control-Allow-Origin with the origin check on, which answers each origin after the cache: ${EXPORTS('alibaba-cdn')} writes it from the rules. Then purge.`,
    purge:
      'Under Purge and Prefetch, or with `aliyun cdn RefreshObjectCaches --ObjectPath URL --ObjectType File`.',
    twice:
      'Under Cache > POP HTTP Response Header: turn "Allow Duplicates" off, so that the header of the CDN replaces that of OSS.',
    expose: 'Under Cache > POP HTTP Response Header: Access-Control-Expose-Headers with the names.',
    credentials:
      'Under Cache > POP HTTP Response Header: the origin itself in Access-Control-Allow-Origin, and Access-Control-Allow-Credentials: true.',
    range:
      'Under Video > Range: "Follow client" or "Force"; and under Optimization turn off compression for files that are read in parts.',
    redirect: 'Under HTTPS: forced redirection answers HTTP with 301. Write https:// in the page.',
  },
};

/** https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/ */
const ALIBABA_ESA: Layer = {
  name: 'Alibaba Cloud ESA',
  kind: 'cdn',
  signs: [{ name: 'server', value: /^ESA$/i }, { name: 'x-site-cache-status' }],
  cures: {
    allow: `Under Rules > Modify Response Header, or from the rules: ${EXPORTS('alibaba-esa')}.`,
    preflight: `A function answers OPTIONS: ${EXPORTS('alibaba-esa')} writes one where rules for headers do not suffice.`,
    cache: `Under Cache > Cache Rules include the header Origin in the cache key, or write the headers after the cache: ${EXPORTS('alibaba-esa')}.`,
    purge: 'Under Cache > Purge Cache, by URL.',
    twice: `Under Rules > Modify Response Header use the action that sets a header, not the one that adds one: ${EXPORTS('alibaba-esa')}.`,
    expose: 'Under Rules > Modify Response Header: Access-Control-Expose-Headers with the names.',
    redirect: 'Write https:// in the page: a rule redirects HTTP.',
  },
};

/** https://developers.cloudflare.com/cache/cache-security/cors/ and https://developers.cloudflare.com/cache/concepts/vary/ */
const CLOUDFLARE: Layer = {
  name: 'Cloudflare',
  kind: 'cdn',
  signs: [{ name: 'cf-ray' }, { name: 'cf-cache-status' }, { name: 'server', value: /^cloudflare$/i }],
  cures: {
    allow: `A Snippet or Worker that writes the headers from the rules: ${EXPORTS('cloudflare')}; or bucket-cors itself as a Worker.`,
    preflight: `A Snippet or Worker that answers OPTIONS: ${EXPORTS('cloudflare')}. Check also that no WAF rule and no Access policy refuses OPTIONS (Access: "Bypass OPTIONS requests to origin").`,
    cache: `Under Caching > Cache Rules let the rule heed Vary, or add the header Origin to the custom cache key; or write the headers after the cache: ${EXPORTS('cloudflare')}. Then purge.`,
    purge:
      'Under Caching > Configuration > Custom Purge, by URL; a copy with an Origin in its key is purged with that header (API: "files" with "headers").',
    twice: 'Under Rules > Transform Rules > Modify Response Header use "Set static", not "Add".',
    errors: `Transform rules apply to errors of the bucket and not to those of Cloudflare itself; ${EXPORTS('cloudflare')} writes both.`,
    expose: 'Under Rules > Transform Rules > Modify Response Header: Access-Control-Expose-Headers.',
    credentials: `Name the origin, not *: ${EXPORTS('cloudflare')}.`,
    range:
      'Under Rules > Compression Rules turn compression off for files that are read in parts, or send Cache-Control: no-transform from the bucket.',
    redirect:
      'Under SSL/TLS > Edge Certificates "Always Use HTTPS" answers HTTP with 301. Write https:// in the page.',
  },
};

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/header-caching.html#header-caching-web-cors */
const CLOUDFRONT: Layer = {
  name: 'CloudFront',
  kind: 'cdn',
  signs: [
    { name: 'x-amz-cf-id' },
    { name: 'x-amz-cf-pop' },
    { name: 'via', value: /\(CloudFront\)/i },
    { name: 'x-cache', value: /from cloudfront/i },
  ],
  page: /Generated by cloudfront \(CloudFront\)/,
  cures: {
    allow: `Attach the managed origin request policy CORS-S3Origin, which passes Origin to the bucket, and a cache policy with Origin in its key; or write the headers in CloudFront: ${EXPORTS('cloudfront')}.`,
    preflight: `In the behavior allow OPTIONS ("GET, HEAD, OPTIONS" or all methods), and pass Origin, Access-Control-Request-Method and Access-Control-Request-Headers with the origin request policy CORS-S3Origin; or answer in CloudFront: ${EXPORTS('cloudfront')}.`,
    cache: `CloudFront ignores Vary: add Origin (and, if OPTIONS is cached, Access-Control-Request-Method and -Headers) to the headers of the cache policy; or write the headers after the cache: ${EXPORTS('cloudfront')}. Then invalidate.`,
    purge: "`aws cloudfront create-invalidation --distribution-id ID --paths '/PATH'`",
    twice: 'In the response headers policy turn "Origin override" on.',
    errors:
      'A response headers policy applies to errors too; a custom error page comes from its own path and needs its own behavior.',
    expose: 'In the response headers policy: Access-Control-Expose-Headers with the names.',
    credentials:
      'In the response headers policy name the origin, and set Access-Control-Allow-Credentials to true.',
    range: 'In the behavior turn "Compress objects automatically" off for files that are read in parts.',
    redirect:
      'The viewer protocol policy "Redirect HTTP to HTTPS" answers with 301. Write https:// in the page.',
  },
};

/** https://www.fastly.com/documentation/reference/http/http-headers/X-Cache/ */
const FASTLY: Layer = {
  name: 'Fastly',
  kind: 'cdn',
  signs: [
    { name: 'x-served-by', value: /\bcache-[a-z0-9-]+/i },
    { name: 'x-timer', value: /^S\d+\.\d+,VS/i },
    { name: 'x-fastly-request-id' },
  ],
  cures: {
    allow:
      'Fastly passes Origin to the bucket and its answer back: check snippets that set or unset resp.http.Access-Control-Allow-Origin.',
    preflight: 'Fastly passes OPTIONS to the bucket unless a snippet in vcl_recv answers it with an error.',
    cache:
      'Fastly heeds Vary, and needs it on every answer: in vcl_fetch `if (!beresp.http.Vary ~ "Origin") { set beresp.http.Vary:Origin = ""; }`. Then purge.',
    purge: '`curl -X PURGE URL`, or under Purge > Purge URL.',
    twice: 'In vcl_deliver use `set resp.http.Access-Control-Allow-Origin`, not `add`.',
    errors: 'Set the headers in vcl_deliver, which errors pass too.',
    expose: 'In vcl_deliver: `set resp.http.Access-Control-Expose-Headers = "ETag"`.',
    range: 'Under Compression take the types of files that are read in parts out of the list.',
    redirect: 'The setting "Force TLS" answers HTTP with 301. Write https:// in the page.',
  },
};

/** https://techdocs.akamai.com/property-mgr/docs/rm-vary-header and https://techdocs.akamai.com/edge-diagnostics/docs/pragma-headers */
const AKAMAI: Layer = {
  name: 'Akamai',
  kind: 'cdn',
  signs: [
    { name: 'server', value: /^Akamai/i },
    { name: 'akamai-grn' },
    { name: 'x-akamai-request-id' },
    { name: 'x-akamai-staging' },
    { name: 'x-cache', value: /\(Akamai/i },
  ],
  cures: {
    allow:
      'In the property: the behavior "CORS Support" with the origin, or "Modify Outgoing Response Header".',
    preflight: 'In the property: the behavior "Allow OPTIONS".',
    cache:
      'In the property: "Cache ID Modification" with the header Origin, and "Remove Vary Header", because Akamai stores no answer with Vary: Origin; or the behavior "CORS Support", which writes after the cache.',
    purge: '`akamai purge invalidate URL`',
    twice: 'In "Modify Outgoing Response Header" choose "Modify" with "Avoid duplicate headers", not "Add".',
    expose: 'In the behavior "CORS Support": the exposed headers.',
    range: 'In "Last Mile Acceleration (Gzip Compression)" never compress files that are read in parts.',
    redirect: 'Write https:// in the page: the property redirects HTTP.',
  },
};

/** https://learn.microsoft.com/en-us/azure/frontdoor/cross-origin-resource-sharing */
const AZURE: Layer = {
  name: 'Azure Front Door',
  kind: 'cdn',
  signs: [{ name: 'x-azure-ref' }, { name: 'x-msedge-ref' }],
  cures: {
    allow:
      'In a rule set: if the request header Origin equals the origin, overwrite the response header Access-Control-Allow-Origin with it.',
    preflight: 'Front Door passes OPTIONS to the bucket: check rule sets and the WAF policy.',
    cache:
      'Front Door does not support Vary: Origin. Use * in the bucket, or a rule set with one rule for each origin that overwrites Access-Control-Allow-Origin. Then purge.',
    purge:
      '`az afd endpoint purge --content-paths /PATH --endpoint-name NAME --profile-name NAME --resource-group NAME`',
    twice: 'In the rule set choose "Overwrite", not "Append".',
    range: 'In the route turn compression off for types that are read in parts.',
    redirect:
      '"Redirect all traffic to use HTTPS" of the route answers HTTP with 307. Write https:// in the page.',
  },
};

/** https://vercel.com/docs/headers/response-headers */
const VERCEL: Layer = {
  name: 'Vercel',
  kind: 'cdn',
  signs: [{ name: 'x-vercel-id' }, { name: 'x-vercel-cache' }, { name: 'server', value: /^Vercel$/i }],
  cures: {
    allow: 'In vercel.json: "headers" with Access-Control-Allow-Origin for the source path.',
    preflight:
      'A function or middleware must answer OPTIONS: "headers" in vercel.json do not change the status. Deployment Protection refuses OPTIONS unless its OPTIONS allowlist has the path.',
    cache:
      'Vercel heeds Vary: send Vary: Origin with every answer, in vercel.json under "headers" too. Then purge.',
    purge: '`vercel cache purge`',
    expose: 'In vercel.json: "headers" with Access-Control-Expose-Headers.',
    redirect:
      'Vercel answers HTTP, and paths by "trailingSlash" and "cleanUrls", with 308. Write the final URL in the page.',
  },
};

export const CDNS: readonly Layer[] = [
  ALIBABA_CDN,
  ALIBABA_ESA,
  CLOUDFLARE,
  CLOUDFRONT,
  FASTLY,
  AKAMAI,
  AZURE,
  VERCEL,
];
