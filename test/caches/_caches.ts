import { afterAll, beforeAll } from 'vitest';
import { NGINX, startNginx } from '../helpers/nginx.ts';
import { openOnNode } from '../helpers/node-edge.ts';
import type { Presence, Running } from '../helpers/program.ts';
import { startVarnish, VARNISH } from '../helpers/varnish.ts';
import type { Edge, OpenOptions } from '../suite/runtime.ts';

/** A shared cache from Debian. */
export interface Cache extends Presence {
  readonly name: string;
  /** It also stores answers to OPTIONS, as some CDNs do. */
  readonly storesPreflights: boolean;
  start(edge: string): Promise<Running>;
}

/** Stores every answer of any status, unless Cache-Control forbids it. */
const VCL = `
sub vcl_recv {
  set req.http.X-Method = req.method;
  if (req.method == "OPTIONS") { return (hash); }
}
sub vcl_hash { hash_data(req.http.X-Method); }
sub vcl_backend_fetch {
  if (bereq.http.X-Method == "OPTIONS") { set bereq.method = "OPTIONS"; }
}
sub vcl_backend_response {
  if (beresp.http.Cache-Control !~ "no-store") { set beresp.ttl = 60s; return (deliver); }
}
`;

const proxy = (edge: string): string => `
location / {
  proxy_pass ${edge};
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header Connection '';
  proxy_cache cache;
  proxy_cache_valid any 1m;
}`;

export const CACHES: readonly Cache[] = [
  { ...VARNISH, name: 'Varnish', storesPreflights: true, start: (edge) => startVarnish(edge, VCL) },
  {
    ...NGINX,
    name: 'nginx',
    storesPreflights: false,
    start: (edge) => startNginx({ server: proxy(edge) }),
  },
];

export interface Behind {
  edge(): Edge;
  /** The cache's URL for clients. */
  url(): string;
}

/** An edge and a cache in front of it, for all tests of a block. */
export function useCache(cache: Cache, options: OpenOptions): Behind {
  let edge: Edge | undefined;
  let running: Running | undefined;
  beforeAll(async () => {
    edge = await openOnNode(options);
    running = await cache.start(edge.url);
  });
  afterAll(async () => {
    await running?.stop();
    await edge?.close();
  });
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the cache runs only while tests do');
    return value;
  };
  return { edge: () => opened(edge), url: () => opened(running).url };
}
