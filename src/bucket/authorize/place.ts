import type { Dialect } from '../../cors/behaviour.ts';
import type { BucketRequest, Sign } from '../transport.ts';

/**
 * Signs a request for a bucket. `key` is its target without the path of the bucket's address: OSS signs bucket and key for
 * every host, S3 signs the path as sent.
 */
export async function signAt(
  dialect: Dialect,
  sign: Sign,
  request: BucketRequest,
  key: string,
): Promise<BucketRequest> {
  if (dialect !== 'oss') return sign(request);
  const signed = await sign({ ...request, target: key });
  return { ...signed, target: request.target };
}
