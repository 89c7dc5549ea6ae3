import { FORWARDED } from '../../bucket/forwarded.ts';
import { BUCKET_TIMEOUTS } from '../../bucket/limits.ts';
import { DIALECT_NAMES, type VaryMode } from '../../cors/behaviour.ts';
import { parseBucket } from '../bucket-url.ts';
import * as numbers from '../numbers.ts';
import { parseStoreUrl } from '../store-url.ts';
import * as values from '../values.ts';
import type { OptionRows } from './row.ts';

const VARY_MODES: readonly VaryMode[] = ['safe', 'store'];

/** The options of one bucket: where it is, its rules, its signature and what goes to it. */
export const bucketRows = {
  bucket: {
    flag: 'bucket',
    variable: 'BUCKET_URL',
    default: null,
    example: 'oss://my-bucket?region=cn-hangzhou',
    about:
      'The bucket: `oss://NAME?region=…`, `s3://NAME?region=…` or `?endpoint=…`, its URL, or a folder to serve as one.',
    scope: 'bucket',
    parse: parseBucket,
  },
  storeUrl: {
    flag: 'store-url',
    variable: 'STORE_URL',
    default: null,
    example: 'http://127.0.0.1:9000',
    about:
      'In place of `--bucket`, the endpoint of a store: all of its buckets are served, each by its own rules, at `/BUCKET/KEY`. A configuration file has more under `store`: hosts, and which buckets.',
    parse: parseStoreUrl,
  },
  rules: {
    flag: 'rules',
    variable: 'CORS_RULES',
    default: 'bucket',
    example: './cors.xml',
    about:
      'Where the rules come from: `bucket` (its own, `GET /?cors`), a file, a URL, or the document itself.',
    scope: 'bucket',
    secret: true,
    parse: values.parseRules,
  },
  rulesToken: {
    flag: 'rules-token',
    variable: 'RULES_TOKEN',
    default: null,
    example: 'env:MY_TOKEN',
    about:
      'Where the bearer token for rules at a URL is: `env:NAME` or `file:PATH`; looked up at every load.',
    scope: 'bucket',
    secret: true,
    parse: values.parseToken,
  },
  store: {
    flag: 'store',
    variable: 'STORE',
    default: null,
    example: 's3',
    about:
      'The kind of store, `oss` or `s3`; `oss` where its address does not say. It decides how preflights and errors are worded and when credentials are allowed.',
    scope: 'bucket',
    parse: values.parseWord(DIALECT_NAMES),
  },
  vary: {
    flag: 'vary',
    variable: 'VARY',
    default: 'safe',
    example: 'store',
    about:
      '`safe`: right behind every shared cache. `store`: the Vary header that the store itself would send.',
    scope: 'bucket',
    parse: values.parseWord(VARY_MODES),
  },
  bucketName: {
    flag: 'bucket-name',
    variable: 'BUCKET_NAME',
    default: null,
    example: 'my-bucket',
    about: "The bucket's name, for signing where its address does not contain it: a custom domain.",
    scope: 'bucket',
    parse: values.parseName,
  },
  region: {
    flag: 'region',
    variable: 'BUCKET_REGION',
    default: null,
    example: 'cn-hangzhou',
    about: "The bucket's region, for signing where its address does not contain it.",
    scope: 'bucket',
    parse: values.parseRegion,
  },
  signature: {
    flag: 'signature',
    variable: 'SIGNATURE',
    default: 'v4',
    example: 'v1',
    about: 'How the edge signs for the bucket: `v4`, or with store `oss` also `v1`.',
    scope: 'bucket',
    parse: values.parseWord(['v4', 'v1'] as const),
  },
  credentials: {
    flag: 'credentials',
    variable: 'CREDENTIALS',
    default: 'env',
    example: 'env:MEDIA',
    about:
      'Where the keys for signing are: `env` (`OSS_ACCESS_KEY_ID`, `AWS_ACCESS_KEY_ID` …, unsigned where they are not set), `env:PREFIX`, `file:PATH` or `none`.',
    scope: 'bucket',
    secret: true,
    parse: values.parseCredentials,
  },
  clientKeys: {
    flag: 'client-keys',
    variable: 'CLIENT_KEYS',
    default: null,
    example: 'env:TEAM_A,env:TEAM_B',
    about:
      'Further keys that clients may sign with, beside those of `--credentials`: `env:PREFIX` or `file:PATH`, separated by commas; for `--management keep` and `--objects resign`.',
    scope: 'bucket',
    secret: true,
    parse: values.parseClientKeys,
  },
  bucketKeys: {
    flag: 'bucket-keys',
    variable: 'BUCKET_KEYS',
    default: null,
    example: 'file:keys.json',
    about:
      'For a folder: the keys whose signatures it checks, as a private bucket does: `env:PREFIX` or `file:PATH`, separated by commas. Presigned URLs, form uploads and SDKs can be tried without a store.',
    scope: 'bucket',
    secret: true,
    nodeOnly: 'nothing: Workers have no folders',
    parse: values.parseClientKeys,
  },
  management: {
    flag: 'management',
    variable: 'MANAGEMENT',
    default: null,
    example: 'keep',
    about:
      "What happens to `?cors` with PUT, GET and DELETE: `pass` forwards it, and a write is in force at once; `keep` stores the rules in the edge and asks for a signature; `off` refuses it. `pass` where the rules are the bucket's own, `off` elsewhere.",
    scope: 'bucket',
    parse: values.parseWord(['pass', 'keep', 'off'] as const),
  },
  objects: {
    flag: 'objects',
    variable: 'OBJECTS',
    default: 'pass',
    example: 'sign',
    about:
      "How requests for objects are authenticated: `pass` leaves the client's own signature; `sign` reads a private bucket with the edge's keys, for everybody; `resign` checks a signature for the edge's own name and signs again for the bucket.",
    scope: 'bucket',
    parse: values.parseWord(['pass', 'sign', 'resign'] as const),
  },
  signPrefix: {
    flag: 'sign-prefix',
    variable: 'SIGN_PREFIX',
    default: null,
    example: 'public/',
    about: 'With `--objects sign`: only objects whose key begins like this are signed.',
    scope: 'bucket',
    parse: values.parseSignPrefix,
  },
  keepHost: {
    flag: 'keep-host',
    variable: 'KEEP_HOST',
    default: 'false',
    example: 'true',
    about:
      "Send the bucket the client's Host, not its own: only where clients presign for the edge's own name and the store answers to that name.",
    alone: true,
    scope: 'bucket',
    parse: values.parseSwitch,
  },
  trustForwarded: {
    flag: 'trust-forwarded',
    variable: 'TRUST_FORWARDED',
    default: 'false',
    example: 'true',
    about:
      "Pass on the client's `Forwarded` and `X-Forwarded-*` with the edge's own hop added: only behind a CDN or proxy that sets them. Otherwise they are replaced.",
    alone: true,
    scope: 'bucket',
    parse: values.parseSwitch,
  },
  forwarded: {
    flag: 'forwarded',
    variable: 'FORWARDED',
    default: 'all',
    example: 'for',
    about:
      "Which headers about the client's hop go to the bucket: `all` (`X-Forwarded-For`, `-Proto`, `-Host`), `for` (the addresses alone) or `none`. A store that checks signatures against `X-Forwarded-Host`, as SeaweedFS does, takes URLs signed for its own host only with `for` or `none`.",
    scope: 'bucket',
    parse: values.parseWord(FORWARDED),
  },
  dangerouslyPassProxyCommands: {
    flag: 'dangerously-pass-proxy-commands',
    variable: 'DANGEROUSLY_PASS_PROXY_COMMANDS',
    default: 'false',
    example: 'true',
    about:
      "Pass on the bucket's commands to a proxy in front of the edge: `X-Accel-*`, `X-Sendfile` and their like. With them a bucket can make that proxy send any file or URL that it can read.",
    alone: true,
    scope: 'bucket',
    parse: values.parseSwitch,
  },
  bucketConnectTimeout: {
    flag: 'bucket-connect-timeout',
    variable: 'BUCKET_CONNECT_TIMEOUT',
    default: numbers.seconds(BUCKET_TIMEOUTS.connect),
    example: '10s',
    about:
      'How long the bucket may take to accept a connection, TLS included; after that 504 `BucketConnectTimeout`.',
    scope: 'bucket',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseDuration('1s', '10m'),
  },
  bucketHeadTimeout: {
    flag: 'bucket-head-timeout',
    variable: 'BUCKET_HEAD_TIMEOUT',
    default: numbers.seconds(BUCKET_TIMEOUTS.head),
    example: '15m',
    about:
      'How long the bucket may take to begin its answer, once it has the whole request; after that 504 `BucketHeadTimeout`. A store that completes a large multipart upload takes minutes.',
    scope: 'bucket',
    parse: numbers.parseDuration('1s', '1d'),
  },
} as const satisfies OptionRows;
