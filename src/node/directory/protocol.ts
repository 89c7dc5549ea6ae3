import type { Dialect } from '../../cors/behaviour.ts';

/** How a dialect answers, beside the words of its refusals. */
export interface Protocol {
  readonly dialect: Dialect;
  /** The header with the request's id. */
  readonly requestId: string;
  /** An attribute of the root element of answers. */
  readonly namespace: string;
  /** The value of ETag for an upper-case digest. */
  readonly etag: (digest: string) => string;
  /** Keys in one answer of a listing, without max-keys. */
  readonly pageSize: number;
  /** The smallest part of an upload in bytes, but for the last. */
  readonly smallestPart: number;
}

export const PROTOCOLS: Readonly<Record<Dialect, Protocol>> = {
  // https://www.alibabacloud.com/help/en/oss/developer-reference/listobjects and …/completemultipartupload
  oss: {
    dialect: 'oss',
    requestId: 'x-oss-request-id',
    namespace: '',
    etag: (digest) => `"${digest}"`,
    pageSize: 100,
    smallestPart: 100 * 1024,
  },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
  s3: {
    dialect: 's3',
    requestId: 'x-amz-request-id',
    namespace: ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"',
    etag: (digest) => `"${digest.toLowerCase()}"`,
    pageSize: 1000,
    smallestPart: 5 * 1024 * 1024,
  },
};
