import type { Layer } from './layer.ts';

const EXPORTS = (target: string): string => `\`bucket-cors export ${target} --rules SOURCE\``;

/** https://nginx.org/en/docs/http/ngx_http_headers_module.html */
const NGINX: Layer = {
  name: 'nginx',
  kind: 'proxy',
  signs: [{ name: 'server', value: /^(?:nginx|openresty|Tengine)\b/i }],
  page: /<center>nginx[^<]{0,40}<\/center>/,
  cures: {
    allow: `Write the whole configuration from the rules: ${EXPORTS('nginx')}. By hand, add_header in a location replaces those of the server block.`,
    preflight: `Pass OPTIONS to the bucket, before auth_request and limit_except; or answer it: ${EXPORTS('nginx')}.`,
    cache: `Add $http_origin to proxy_cache_key, or remove the bucket's headers from the stored copy and write them on the way out: ${EXPORTS('nginx')}. proxy_ignore_headers Vary makes it worse.`,
    purge: 'Remove the files of proxy_cache_path and reload: nginx without modules cannot purge one URL.',
    twice: '`proxy_hide_header Access-Control-Allow-Origin;` before `add_header`.',
    errors:
      'Write `always` after the value of each add_header: without it nginx adds the header only to 200, 201, 204, 206 and redirects.',
    expose: '`add_header Access-Control-Expose-Headers "ETag" always;`',
    credentials: 'Map $http_origin to the allowed origins, and write the variable: not *.',
    range:
      '`gzip off;` for files that are read in parts, and `proxy_force_ranges on;` where the bucket sends no Accept-Ranges.',
    redirect: 'Write the final URL in the page, or let the location that redirects exclude OPTIONS.',
  },
};

const VARNISH: Layer = {
  name: 'Varnish',
  kind: 'proxy',
  signs: [{ name: 'x-varnish' }, { name: 'via', value: /\bvarnish\b/i }],
  page: /Varnish cache server/,
  cures: {
    allow: `Write the subroutines from the rules: ${EXPORTS('varnish')}.`,
    preflight: `In vcl_recv \`return (pass)\` for OPTIONS, or answer it: ${EXPORTS('varnish')}.`,
    cache: `Varnish heeds Vary, and needs it on every answer; \`hash_data(req.http.Origin)\` in vcl_hash does the same: ${EXPORTS('varnish')} writes the headers after the cache.`,
    purge: "`varnishadm ban 'req.url ~ ^/PATH'`",
    twice: 'In vcl_deliver `unset resp.http.Access-Control-Allow-Origin` before `set`.',
    errors: 'Set the headers in vcl_deliver and vcl_synth.',
    expose: 'In vcl_deliver: `set resp.http.Access-Control-Expose-Headers = "ETag";`',
    range: 'In vcl_backend_response no `set beresp.do_gzip = true` for files that are read in parts.',
  },
};

/** HAProxy names itself nowhere: its own error pages have sentences of their own (src/http.c of HAProxy). */
const HAPROXY: Layer = {
  name: 'HAProxy',
  kind: 'proxy',
  signs: [
    { name: 'server', value: /^haproxy/i },
    { name: 'via', value: /\bhaproxy\b/i },
  ],
  page: /No server is available to handle this request|The server didn't respond in time|Request forbidden by administrative rules/,
  cures: {
    allow: `Write the backend from the rules: ${EXPORTS('haproxy')}.`,
    preflight: `Let no \`http-request deny\` or auth rule come before OPTIONS: ${EXPORTS('haproxy')}.`,
    cache:
      '`process-vary on` in the cache section knows Accept-Encoding, Referer and Origin: without it HAProxy stores no answer with Vary.',
    twice: '`http-response del-header Access-Control-Allow-Origin` before `add-header`, or `set-header`.',
    errors: '`http-after-response set-header` applies to errors of HAProxy too.',
    expose: '`http-response set-header Access-Control-Expose-Headers "ETag"`',
    range: 'Take `compression algo` out for files that are read in parts.',
  },
};

const CADDY: Layer = {
  name: 'Caddy',
  kind: 'proxy',
  signs: [
    { name: 'server', value: /^Caddy$/i },
    { name: 'via', value: /\bCaddy\b/i },
  ],
  cures: {
    allow: `Write the snippet from the rules: ${EXPORTS('caddy')}.`,
    preflight: `Pass OPTIONS to the bucket before basic_auth and forward_auth: ${EXPORTS('caddy')}.`,
    twice: 'In reverse_proxy: `header_down -Access-Control-Allow-Origin`, and `header` beside it.',
    errors: '`handle_errors` has its own headers: write them there too.',
    expose: '`header Access-Control-Expose-Headers "ETag"`',
    range: 'Take `encode` out for files that are read in parts.',
    redirect: 'Caddy answers HTTP with 308. Write https:// in the page.',
  },
};

const APACHE: Layer = {
  name: 'Apache httpd',
  kind: 'proxy',
  signs: [{ name: 'server', value: /^Apache(?:\/|$)/i }],
  page: /<address>Apache[^<]{0,80}<\/address>/,
  cures: {
    allow: `Write the directives from the rules: ${EXPORTS('apache')}.`,
    preflight: `Let no \`Require\` or \`<Limit>\` come before OPTIONS: ${EXPORTS('apache')}.`,
    cache: '`Header always merge Vary Origin`, also for answers without CORS headers; mod_cache heeds it.',
    twice:
      '`Header always unset Access-Control-Allow-Origin` and `Header unset …` before `set`: Apache has two lists.',
    errors: '`Header always set`: without `always` errors have no header.',
    expose: '`Header always set Access-Control-Expose-Headers "ETag"`',
    range: '`SetEnvIf Range . no-gzip` for files that are read in parts.',
  },
};

const ENVOY: Layer = {
  name: 'Envoy',
  kind: 'proxy',
  signs: [{ name: 'server', value: /^(?:envoy|istio-envoy)$/i }, { name: 'x-envoy-upstream-service-time' }],
  page: /upstream connect error or disconnect\/reset before headers/,
  cures: {
    allow: `The CORS filter of the route: allow_origin_string_match with the origin. For a gateway: ${EXPORTS('gateway-api')}.`,
    preflight: 'Put the CORS filter (envoy.filters.http.cors) before jwt_authn, ext_authz and rbac.',
    twice: 'Remove the header of the bucket with response_headers_to_remove: the filter adds its own.',
    errors: 'Local replies pass the CORS filter only if it stands before the filter that replies.',
    expose: 'expose_headers of the CORS policy.',
    credentials: 'allow_credentials: true with origins that are named.',
    range: 'Take the type out of content_type of the compressor filter.',
  },
};

export const PROXIES: readonly Layer[] = [NGINX, VARNISH, HAPROXY, CADDY, APACHE, ENVOY];

/** With `--debug-reason` (docs/headers.md). */
export const EDGE: Layer = {
  name: 'bucket-cors',
  kind: 'edge',
  signs: [{ name: 'x-bucket-cors-reason' }, { name: 'x-bucket-cors-code' }],
  cures: {
    allow:
      'Ask the edge why: `bucket-cors explain --admin http://127.0.0.1:8081 --origin ORIGIN`, and change the rules.',
    preflight:
      'Ask the edge why: `bucket-cors explain --admin http://127.0.0.1:8081 --origin ORIGIN --method METHOD --headers NAMES`, and change the rules.',
    cache: 'Run the edge with `--vary safe`, the default.',
  },
};
