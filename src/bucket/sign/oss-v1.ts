import type { Sign } from '../transport.ts';
import { base64, bytesOf, hmac, utf8 } from './bytes.ts';
import { byName, cut, decode, headerMap, parametersOf, type Signable, without } from './canonical.ts';
import { needCredentials, type SigningOptions } from './credentials.ts';
import { httpDate } from './date.ts';

/** The signed values that are not part of the request. */
export interface OssV1Input {
  readonly bucket: string;
  readonly secret: string;
  /** The value of the date's line: the Date header, or x-oss-date in its place, or Expires of a signed URL. */
  readonly date: string;
}

// The union of the lists on Alibaba's page on V1 and in its SDKs: those for Go and Python, and
// https://github.com/aliyun/aliyun-oss-java-sdk/blob/master/src/main/java/com/aliyun/oss/internal/SignParameters.java,
// https://github.com/aliyun/alibabacloud-gateway/blob/master/alibabacloud-gateway-oss/golang/client/client.go.
// Parameters with the prefix x-oss- are signed too, all others are not.
export const OSS_SUBRESOURCES: ReadonlySet<string> = new Set(
  `accessmonitor accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy
  accessPointPolicyForObjectProcess acl append asyncFetch bucketArchiveDirectRead bucketInfo
  cacheConfiguration callback callback-var chunkNumber chunkSize cloudboxes cname comp continuation-token copy
  cors dataAccelerator delete dfs dfsadmin dfssecurity encryption endTime eventnotification group httpsConfig
  img inventory inventoryId lifecycle link live location logging metaQuery objectInfo objectMeta partNumber
  partSize partUploadId policy policyStatus position processConfiguration publicAccessBlock qos qosInfo
  qosRequester redundancyProgress redundancyTransition redundancyType referer regionList regionsV2 replication
  replicationLocation replicationProgress requesterQosInfo requestPayment reservedcapacity resourceGroup
  resourcePool resourcePoolBuckets resourcePoolInfo response-cache-control response-content-disposition
  response-content-encoding response-content-language response-content-type response-expires responseHeader
  restore rtc security-token sequential startTime stat status style styleName symlink tagging
  transferAcceleration udf udfApplication udfApplicationLog udfId udfImage udfImageDesc udfName uploadId
  uploads userDefinedLogFieldsConfig userRegion verbose versionId versioning versions vip virtualBucket vod
  vpcip website withHashContext worm wormExtend wormId`.split(/\s+/),
);

/** Path and parameters are signed decoded. */
const resourceOf = (target: string, bucket: string): string => {
  const signed = parametersOf(target)
    .map(([name, value]) => [decode(name), decode(value)] as const)
    .filter(([name]) => OSS_SUBRESOURCES.has(name) || name.startsWith('x-oss-'))
    .sort(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const resource = `/${bucket}${decode(cut(target).path)}`;
  return signed.length === 0 ? resource : `${resource}?${signed.join('&')}`;
};

/** Returns what OSS's version 1 signs. Every character is one byte. */
export const ossV1Text = (
  { method, target, headers }: Signable,
  { bucket, date }: Omit<OssV1Input, 'secret'>,
): string => {
  const map = headerMap(headers);
  const ours = [...map].filter(([name]) => name.startsWith('x-oss-')).sort(byName);
  return [
    method,
    map.get('content-md5') ?? '',
    map.get('content-type') ?? '',
    date,
    ...ours.map(([name, value]) => `${name}:${value}`),
    resourceOf(target, bucket),
  ].join('\n');
};

/** Returns the signature of a text by OSS's version 1, in base64. */
export const ossV1SignText = async (secret: string, text: string): Promise<string> =>
  base64(await hmac('SHA-1', utf8(secret), bytesOf(text)));

/** Returns the signature of OSS's version 1 (semantics.md §7), in base64. */
export const ossV1Signature = (request: Signable, input: OssV1Input): Promise<string> =>
  ossV1SignText(input.secret, ossV1Text(request, input));

const REPLACED = ['authorization', 'date', 'x-oss-date', 'x-oss-security-token'];

/**
 * Signs with OSS's version 1. The target's path must be the object's key, for every host.
 * @throws an Error when there are no credentials
 */
export const signOssV1 =
  ({ bucket, credentials, wallClock = Date.now }: Omit<SigningOptions, 'region'>): Sign =>
  async (request) => {
    const { accessKeyId, accessKeySecret, securityToken } = await needCredentials(credentials, 'oss', bucket);
    const date = httpDate(wallClock());
    const headers = [...without(request.headers, REPLACED), 'Date', date];
    if (securityToken) headers.push('x-oss-security-token', securityToken);
    const signature = await ossV1Signature(
      { ...request, headers },
      { bucket, secret: accessKeySecret, date },
    );
    return { ...request, headers: [...headers, 'Authorization', `OSS ${accessKeyId}:${signature}`] };
  };
