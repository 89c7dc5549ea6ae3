import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { compact, programOf } from '../program/program.ts';
import type { ExportOptions } from '../target.ts';

/**
 * Bytes of a function
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions).
 */
export const FUNCTION_LIMIT = 10_240;
/** Bytes of what the rules were read from, in the banner: another source must not change what fits. */
const SOURCE = 200;

/** A function that fits. */
export interface CloudFrontFunction {
  readonly text: string;
  /** False if the banner with the rules had no room. */
  readonly hasRecord: boolean;
}

/**
 * Writes the function: with comments, else without, else also without the record of the rules that were given. Returns
 * the bytes of the last if it is too large too. Terraform's file has the record of its own: `given` is null.
 */
export function functionOf(
  rules: CompiledRules,
  given: CompiledRules | null,
  options: ExportOptions,
  use: string,
): CloudFrontFunction | number {
  const head = `// Written by bucket-cors ${options.version} export cloudfront.\n`;
  const source = options.source.slice(0, SOURCE);
  const banner = given === null ? head : bannerOf('cloudfront', given, { ...options, source }, '//', use);
  const reserved = given === null ? head.length : banner.length + SOURCE - source.length;
  const whole = `\n${programOf(rules)}${HANDLER}`;
  if (reserved + whole.length <= FUNCTION_LIMIT) return { text: `${banner}${whole}`, hasRecord: true };
  const short = `${programOf(rules, { isCompact: true })}${compact(HANDLER)}`;
  if (reserved + short.length <= FUNCTION_LIMIT) return { text: `${banner}${short}`, hasRecord: true };
  const text = `${head}${short}`;
  return text.length <= FUNCTION_LIMIT ? { text, hasRecord: false } : text.length;
}

/** Both events in one function, because CloudFront associates one function with each, and both need the rules. */
const HANDLER = `
// Both events of a cache behaviour. Names of headers are in lower case here.
function handler(event) {
  const request = event.request;
  const asked = request.headers;
  const answer = cors(
    request.method,
    valueOf(asked.origin),
    valueOf(asked['access-control-request-method']),
    valueOf(asked['access-control-request-headers'])
  );
  if (event.context.eventType === 'viewer-request')
    return answer.status === null ? request : generated(answer);
  const headers = event.response.headers;
  const vary = mergedVary(valueOf(headers.vary) || '', answer.vary);
  Object.keys(headers).forEach((name) => {
    if (name === 'vary' || name.startsWith('access-control-')) delete headers[name];
  });
  write(headers, answer.headers, vary);
  return event.response;
}

// A header's lines, joined by commas; null without one.
function valueOf(header) {
  if (!header) return null;
  return header.multiValue ? header.multiValue.map((line) => line.value).join(',') : header.value;
}

function write(headers, pairs, vary) {
  pairs.forEach((pair) => {
    headers[pair[0].toLowerCase()] = { value: pair[1] };
  });
  if (vary !== '') headers.vary = { value: vary };
}

// The answer to a preflight, which neither the cache nor the bucket sees.
function generated(answer) {
  const headers = {};
  write(headers, answer.headers, answer.vary.join(', '));
  const response = { statusCode: answer.status, headers: headers };
  if (answer.body !== '') {
    headers['content-type'] = { value: 'application/xml' };
    response.body = answer.body;
  }
  return response;
}
`;
