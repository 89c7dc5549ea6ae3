import type { OptionName } from '../options.ts';

/** What each option is for, in help and in docs/options.md. Apart from the rows, since the Worker does not need it. */
export const ABOUT: Readonly<Record<OptionName, string>> = {
  bucket:
    'The bucket: `oss://NAME?region=…`, `s3://NAME?region=…` or `?endpoint=…`, its URL, or a folder to serve as one.',
  storeUrl:
    'In place of `--bucket`, the endpoint of a store: all of its buckets are served, each by its own rules, at `/BUCKET/KEY`. A configuration file has more under `store`: hosts, and which buckets.',
  rules:
    'Where the rules come from: `bucket` (its own, `GET /?cors`), a file, a URL, or the document itself.',
  rulesToken:
    'Where the bearer token for rules at a URL is: `env:NAME` or `file:PATH`; looked up at every load.',
  store:
    'The kind of store, `oss` or `s3`; `oss` where its address does not say. It decides how preflights and errors are worded and when credentials are allowed.',
  vary: '`safe`: right behind every shared cache. `store`: the Vary header that the store itself would send.',
  bucketName: "The bucket's name, for signing where its address does not contain it: a custom domain.",
  region: "The bucket's region, for signing where its address does not contain it.",
  signature: 'How the edge signs for the bucket: `v4`, or with store `oss` also `v1`.',
  credentials:
    'Where the keys for signing are: `env` (`OSS_ACCESS_KEY_ID`, `AWS_ACCESS_KEY_ID` …, unsigned where they are not set), `env:PREFIX`, `file:PATH` or `none`.',
  clientKeys:
    'Further keys that clients may sign with, beside those of `--credentials`: `env:PREFIX` or `file:PATH`, separated by commas; for `--management keep` and `--objects resign`.',
  bucketKeys:
    'For a folder: the keys whose signatures it checks, as a private bucket does: `env:PREFIX` or `file:PATH`, separated by commas. Presigned URLs, form uploads and SDKs can be tried without a store.',
  management:
    "What happens to `?cors` with PUT, GET and DELETE: `pass` forwards it, and a write is in force at once; `keep` stores the rules in the edge and asks for a signature; `off` refuses it. `pass` where the rules are the bucket's own, `off` elsewhere.",
  objects:
    "How requests for objects are authenticated: `pass` leaves the client's own signature; `sign` reads a private bucket with the edge's keys, for everybody; `resign` checks a signature for the edge's own name and signs again for the bucket.",
  signPrefix: 'With `--objects sign`: only objects whose key begins like this are signed.',
  keepHost:
    "Send the bucket the client's Host, not its own: only where clients presign for the edge's own name and the store answers to that name.",
  trustForwarded:
    "Pass on the client's `Forwarded` and `X-Forwarded-*` with the edge's own hop added: only behind a CDN or proxy that sets them. Otherwise they are replaced.",
  forwarded:
    "Which headers about the client's hop go to the bucket: `all` (`X-Forwarded-For`, `-Proto`, `-Host`), `for` (the addresses alone) or `none`. A store that checks signatures against `X-Forwarded-Host`, as SeaweedFS does, takes URLs signed for its own host only with `for` or `none`.",
  dangerouslyPassProxyCommands:
    "Pass on the bucket's commands to a proxy in front of the edge: `X-Accel-*`, `X-Sendfile` and their like. With them a bucket can make that proxy send any file or URL that it can read.",
  bucketConnectTimeout:
    'How long the bucket may take to accept a connection, TLS included; after that 504 `BucketConnectTimeout`.',
  bucketHeadTimeout:
    'How long the bucket may take to begin its answer, once it has the whole request; after that 504 `BucketHeadTimeout`. A store that completes a large multipart upload takes minutes.',
  host: 'The address the edge listens on.',
  port: 'The port of the edge; 0 takes any free one.',
  ownHosts:
    "Host names, with commas between them, under which the admin port, the demo page and folders answer besides `localhost` and this machine's addresses.",
  socket: 'A Unix socket to listen on, in place of an address and a port; its group may connect.',
  tlsCert: 'A certificate in PEM, with its chain: serves HTTPS, HTTP/2 and HTTP/1.1; watched.',
  tlsKey: 'The private key of the certificate, in PEM, without a passphrase; watched.',
  adminHost:
    'The address of the admin port. Beyond this machine it needs `--admin-token`, or `--dangerously-open-admin`.',
  adminPort: 'The admin port: health, rules, explain, metrics.',
  adminToken:
    'Where the token of the admin port is: `env:NAME` or `file:PATH`. Every request but `/healthz`, `/readyz` and `/metrics` has to send it: as a bearer token, or as the password of a browser. With it the live page may change rules.',
  adminMetricsToken:
    'Where the token for `/metrics` is: `env:NAME` or `file:PATH`. Without it `/metrics` needs none.',
  dangerouslyOpenAdmin:
    'Serve the admin port beyond this machine without a token: every client that reaches it reads the rules and who is refused, and may reload the rules.',
  demoPort: 'The port of the demo page; `npm start` without a bucket only.',
  rulesTtl: 'How long loaded rules are used before they are loaded again, in the background.',
  maxStale: 'How long the last good rules stay in force while they cannot be loaded; `0`: without a limit.',
  config: 'A configuration file for many buckets, by host and path prefix; watched.',
  stateDir: 'A folder that stores the last good rules across restarts.',
  redis:
    'A Redis or Valkey server through which several edges share last good rules and announce new ones to each other.',
  workers:
    'How many processes serve clients: a number from 1 to 256, or `auto` for as many as there are cores. With 1 there are no workers beside the process itself.',
  transport: 'What asks buckets: `own`, or `undici` in this release only.',
  connections: 'How many requests one bucket may have under way at once; divided among workers.',
  queue:
    'How many more requests may wait for a connection, for at most 10 seconds; beyond it 503 `BucketBusy` with `Retry-After`. Divided among workers.',
  clientConnections:
    'How many connections all clients together may have open; divided among workers. `auto`: half of the files that each process may open, at most 10000.',
  clientShare:
    "The percentage of a bucket's connections that one client address may have while requests of others wait: beyond it, those of its transfers that are slower than `--least-rate` are ended. `0`: no limit.",
  leastRate:
    'The bytes per second that a transfer of a client address beyond its share must reach while requests of others wait, after five seconds; below it the transfer ends with `ClientTooSlow`. `0`: none are ended.',
  idleTimeout: 'How long a download or an upload may make no progress before it is ended.',
  maxUrl: 'The longest path and query of a request, in bytes; beyond it 414 `URITooLong`.',
  maxHeaders: 'The most bytes of request headers; beyond it 431 `RequestHeaderTooLarge`.',
  shutdownDelay:
    'How long the edge still accepts connections after SIGTERM or SIGINT, while `/readyz` is 503: a load balancer stops sending requests first.',
  drain:
    'How long clients may take after SIGTERM or SIGINT: requests in flight finish, and idle connections are closed with their next answer.',
  dangerouslyAllowCredentials:
    'With store `oss`: send `Access-Control-Allow-Credentials: true` to origins that a rule names without `*`.',
  dangerouslyOpenBucket:
    'Serve a folder beyond this machine, where it checks no signature: every client that reaches the edge reads, writes and deletes its objects.',
  debugReason:
    'Send the reason of each decision in the header `x-bucket-cors-reason`, and the code of each error in `x-bucket-cors-code`.',
  logLevel:
    'The least level of log lines to print: `debug`, `info`, `warn`, `error` or `silent`. Requests are `info`.',
  logRequests:
    'Which requests have a log line of their own: `all`, `refused` (by the rules, and errors), `errors` or `none`. Whatever it is, a warning once a minute counts the refusals of an origin for a reason.',
  logFormat:
    '`json`: one JSON object a line. `pretty`: text for a person. Without it: `pretty` on a terminal, `json` elsewhere.',
};
