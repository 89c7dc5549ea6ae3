import type { Layer } from './layer.ts';

/** Object Storage Service of Alibaba Cloud (semantics.md §1 to §4). */
export const OSS: Layer = {
  name: 'OSS',
  kind: 'store',
  signs: [{ name: 'server', value: /^AliyunOSS$/i }, { name: 'x-oss-request-id' }],
  cures: {
    allow:
      "In the console under Content Security > CORS, or with `bucket-cors rules add 'oss://BUCKET?region=REGION' --origin ORIGIN --method METHOD`: a rule whose Sources list the page's origin, with scheme and port and without a slash at the end, and whose Allowed Methods list the method. An earlier rule that fits wins.",
    preflight:
      'The first rule that lists the origin, the method and every requested header answers the preflight: list the method under Allowed Methods and the names, or *, under Allowed Headers. OSS needs no signature for OPTIONS.',
    cache:
      'Tick "Vary: Origin" (ResponseVary) in the rule panel: OSS then sends Vary: Origin with every answer. A rule with * as its only source needs no Vary.',
    purge: 'Rules of OSS are in force within a minute; only copies in caches and browsers are older.',
    twice:
      'Remove the header from the object: Access-Control-Allow-Origin does not belong into its metadata. The rules of the bucket write it.',
    errors: 'OSS sends CORS headers with errors and 304 too: what stands in front removes them.',
    expose: 'List the names under Exposed Headers of the rule that fits, such as ETag and x-oss-request-id.',
    credentials:
      'OSS is not documented to send Access-Control-Allow-Credentials, and * is no origin for cookies. Sign URLs in place of cookies, or put bucket-cors with --dangerously-allow-credentials in front, and name the origin in the rule.',
    range:
      'OSS answers Range with 206. With the request header x-oss-range-behavior: standard it answers 416 to a range beyond the end, and not the whole object.',
    redirect:
      'Name the endpoint of the region of the bucket: OSS answers others with 403 or a redirect. Static website hosting may also redirect a missing page.',
  },
};

/** Amazon S3, and stores that answer as it does (semantics.md §1 to §4). */
export const S3: Layer = {
  name: 'S3',
  kind: 'store',
  signs: [{ name: 'server', value: /^AmazonS3$/i }, { name: 'x-amz-request-id' }, { name: 'x-amz-id-2' }],
  cures: {
    allow:
      "Under Permissions > Cross-origin resource sharing, or with `bucket-cors rules add 's3://BUCKET?region=REGION' --origin ORIGIN --method METHOD`: a rule whose AllowedOrigins list the page's origin, with scheme and port and without a slash at the end, and whose AllowedMethods list the method. The first rule that fits wins.",
    preflight:
      'The first rule that lists the origin, the method and every requested header answers the preflight: list the method in AllowedMethods and the names, or *, in AllowedHeaders. S3 needs no signature for OPTIONS.',
    cache:
      'S3 sends Vary only with answers to requests with an Origin, so that a copy of the others serves every page. Load images with <img crossorigin>, or put bucket-cors in front, which sends Vary: Origin with every answer.',
    purge: 'Rules of S3 are in force within a minute; only copies in caches and browsers are older.',
    twice: 'Only the CORS configuration of the bucket writes these headers: object metadata cannot.',
    errors: 'S3 sends CORS headers with errors and 304 too: what stands in front removes them.',
    expose: 'List the names in ExposeHeaders of the rule that fits, such as ETag and x-amz-version-id.',
    credentials:
      'Name the origin in AllowedOrigins: S3 sends Access-Control-Allow-Credentials: true to an origin for which it does not answer *.',
    range: 'S3 answers Range with 206, and 416 for a range beyond the end.',
    redirect:
      'Name the endpoint of the region of the bucket (BUCKET.s3.REGION.amazonaws.com): S3 redirects the others with 307 or 301, and no browser follows it for a preflight.',
  },
};

const AS_S3 = 'The rules of this store are written as those of S3: ';

/** Other stores whose answers name them. */
export const OTHER_STORES: readonly Layer[] = [
  {
    name: 'MinIO',
    kind: 'store',
    signs: [{ name: 'server', value: /^MinIO/i }],
    cures: {
      allow:
        'MinIO has no CORS rules for a bucket. Set the origins of the server with `mc admin config set ALIAS api cors_allow_origin=ORIGIN`, or put bucket-cors in front with --rules FILE.',
    },
  },
  {
    name: 'Ceph RGW',
    kind: 'store',
    signs: [{ name: 'x-amz-request-id', value: /^tx[0-9a-f]{21}-/i }],
    cures: {
      allow: `${AS_S3}\`aws s3api put-bucket-cors --endpoint-url ENDPOINT --bucket BUCKET --cors-configuration file://cors.json\`. RGW takes the first rule that lists the origin and reads no other.`,
    },
  },
  {
    name: 'Google Cloud Storage',
    kind: 'store',
    signs: [{ name: 'x-guploader-uploadid' }, { name: 'server', value: /^UploadServer$/i }],
    cures: {
      allow:
        '`gcloud storage buckets update gs://BUCKET --cors-file=cors.json`, with the origin in "origin" and the method in "method".',
      expose: 'List the names in "responseHeader" of the rule.',
    },
  },
  {
    name: 'Azure Blob Storage',
    kind: 'store',
    signs: [{ name: 'server', value: /^Windows-Azure-Blob/i }, { name: 'x-ms-request-id' }],
    cures: {
      allow:
        'Under Resource sharing (CORS) of the storage account, or with `az storage cors add --services b --methods GET --origins ORIGIN`.',
      expose: 'List the names under Exposed headers.',
    },
  },
  {
    name: 'Tencent COS',
    kind: 'store',
    signs: [{ name: 'server', value: /^tencent-cos/i }, { name: 'x-cos-request-id' }],
    cures: {
      allow: 'Under Security Management > CORS of the bucket: the origin, the method and the headers.',
      cache: 'Tick "Return Vary: Origin" in the rule.',
      expose: 'List the names under Expose-Headers of the rule.',
    },
  },
  {
    name: 'Huawei OBS',
    kind: 'store',
    signs: [{ name: 'server', value: /^OBS$/ }, { name: 'x-obs-request-id' }],
    cures: {
      allow: 'Under Data Security > CORS Rules of the bucket: the origin, the method and the headers.',
      expose: 'List the names under Exposed Headers of the rule.',
    },
  },
];
