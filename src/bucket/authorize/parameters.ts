import { decode, parametersOf } from '../sign/canonical.ts';
import { OSS_SUBRESOURCES } from '../sign/oss-v1.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html, MinIO's `lambdaArn`,
// `generation` of Google Cloud Storage, `ci-process` of Tencent COS, and the older forms of signed URLs.
const OTHERS = `abac accelerate analytics attributes awsaccesskeyid ci-process generation googleaccessid
  intelligent-tiering lambdaArn legal-hold list-type metadataTable metrics notification object-lock ossaccesskeyid
  ownershipControls renameObject retention select select-type session signature torrent`.split(/\s+/);

const SELECTING: ReadonlySet<string> = new Set(
  [...OSS_SUBRESOURCES, ...OTHERS].map((name) => name.toLowerCase()),
);

/** `response-content-type: text/html` would make a page of the store's host of any object. */
const SELECTING_PREFIX = /^(?:x-|response-|rgwx-|q-)/;

/** The name of the API call, which AWS's SDKs add. Stores ignore it. */
const CALL_NAME = 'x-id';
const PROCESS = 'x-oss-process';

/**
 * The steps of OSS's image processing that read the object alone. `watermark,image_…` reads another object of the bucket,
 * `sys/saveas` writes one, `hls/sign` signs URLs.
 * https://www.alibabacloud.com/help/en/oss/user-guide/overview-17
 */
const STEP =
  /^(?:image(?:\/(?:auto-orient|average-hue|blur|bright|circle|contrast|crop|flip|format|indexcrop|info|interlace|quality|resize|rotate|rounded-corners|sharpen|watermark)(?:,(?!image_)[a-z0-9-]*(?:_[^,/%]*)?)*)+|style\/[^/%]+|video\/snapshot(?:,[^/%]*)?)$/;

const isOwnContent = (process: string): boolean => process.split('|').every((step) => STEP.test(step));

/**
 * Returns the name of the first parameter that makes an answer of something else than the object's content with its own
 * headers; null if no parameter does. Names are compared decoded and in lower case, as the most tolerant store would.
 */
export function selectingParameter(target: string): string | null {
  // Some older parsers also divide at a semicolon.
  for (const [rawName, rawValue] of parametersOf(target.replaceAll(';', '&'))) {
    const name = decode(rawName)
      .replace(/[\0- ]/g, '')
      .toLowerCase();
    if (name === CALL_NAME || (name === PROCESS && isOwnContent(decode(rawValue)))) continue;
    if (SELECTING.has(name) || SELECTING_PREFIX.test(name)) return name;
  }
  return null;
}
