import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cores } from './machine.ts';
import { freePort, type Server, startServer } from './servers.ts';

/** Bytes of the bucket's objects by name; the large ones are sparse files. */
export const OBJECTS = {
  '1k': 1024,
  '100k': 100 * 1024,
  '100m': 100 * 2 ** 20,
  '5g': 5 * 2 ** 30,
} as const;

/** The common configuration: one worker process, keep-alive, no log, all files in one folder. */
const frame = (folder: string, http: string): string => `
worker_processes 1;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  tcp_nopush on;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
}
`;

const bucketConf = (port: number, root: string): string => `
  sendfile on;
  open_file_cache max=16;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    root ${root};
    # It has no CORS rules of its own.
    if ($args = cors) { return 204; }
  }`;

/** The directives of a proxy: maps, and those of its location. */
export interface Directives {
  readonly http: string;
  readonly location: string;
}

const upstream = (bucket: string): string =>
  `upstream bucket { server ${new URL(bucket).host}; keepalive 256; keepalive_requests 1000000000; }`;

const forward = `
      proxy_pass http://bucket;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_max_temp_file_size 0;`;

const proxyConf = (port: number, bucket: string, origin: string): string => `
  ${upstream(bucket)}
  map $http_origin $allowed { default ''; ${origin} $http_origin; }
  map $allowed $methods { default 'GET, PUT, HEAD'; '' ''; }
  map $allowed $exposed { default 'ETag, x-oss-request-id'; '' ''; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    add_header Access-Control-Allow-Origin $allowed always;
    add_header Access-Control-Allow-Methods $methods always;
    add_header Access-Control-Expose-Headers $exposed always;
    add_header Vary Origin always;
    location / {
      if ($request_method = OPTIONS) {
        add_header Access-Control-Allow-Origin $allowed;
        add_header Access-Control-Allow-Methods $methods;
        add_header Access-Control-Allow-Headers $http_access_control_request_headers;
        add_header Access-Control-Max-Age 600;
        add_header Vary 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
        return 200;
      }
      ${forward}
    }
  }`;

async function startNginx(
  nginx: string,
  folder: string,
  cores: Cores,
  http: (port: number) => string,
): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, frame(folder, http(port)));
  // In the foreground, so that its process id is known.
  return startServer([nginx, '-p', folder, '-c', file, '-g', 'daemon off;'], cores, port);
}

/** Starts the bucket: nginx with the objects, in its own folder. */
export function startBucket(nginx: string, folder: string, cores: Cores): Promise<Server> {
  const root = join(folder, 'objects');
  mkdirSync(root, { recursive: true });
  // Started by root, nginx serves as another user.
  chmodSync(folder, 0o755);
  for (const [name, bytes] of Object.entries(OBJECTS)) {
    const file = join(root, name);
    writeFileSync(file, bytes < 2 ** 20 ? Buffer.alloc(bytes, 'o') : '');
    truncateSync(file, bytes);
  }
  return startNginx(nginx, join(folder, 'bucket'), cores, (port) => bucketConf(port, root));
}

/** Starts nginx as a proxy with one worker, and with hand-written CORS for one origin. */
export const startProxy = (nginx: string, folder: string, cores: Cores, bucket: string, origin: string) =>
  startNginx(nginx, join(folder, 'proxy-nginx'), cores, (port) => proxyConf(port, bucket, origin));

/** Starts nginx as a proxy with one worker, and with these directives for CORS. */
export const startDirectives = (
  nginx: string,
  folder: string,
  cores: Cores,
  bucket: string,
  { http, location }: Directives,
) =>
  startNginx(
    nginx,
    folder,
    cores,
    (port) => `
  ${upstream(bucket)}
  ${http}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      ${forward}
      ${location}
    }
  }`,
  );
