import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientMeans } from './_clients.ts';
import { command } from './_command.ts';
import type { Keys } from './_gateway.ts';
import type { Way } from './_ways.ts';

/** Arguments for a SigV4 signature by curl; curl 7.88 does not send the digest of the body by itself. */
export const signedBy = ({ accessKey, secretKey }: Keys): readonly string[] => [
  ...['--aws-sigv4', 'aws:amz:us-east-1:s3', '-u', `${accessKey}:${secretKey}`],
  ...['-H', 'x-amz-content-sha256: UNSIGNED-PAYLOAD'],
];

export interface CurlAnswer {
  /** The statuses of all heads, informational ones too. */
  readonly statuses: readonly number[];
  /** Of the last head, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request, unsigned unless the arguments say so. Its target below the bucket is sent unchanged. */
export async function curl(
  means: ClientMeans,
  { url, host, root }: Pick<Way, 'url' | 'host' | 'root'>,
  target: string,
  ...args: readonly string[]
): Promise<CurlAnswer> {
  const folder = means.folder();
  const [heads, body] = [join(folder, 'heads'), join(folder, 'body')];
  const how = ['-sS', '--globoff', '--path-as-is', '--max-time', '20', '-D', heads, '-o', body];
  const where = ['--connect-to', `::${new URL(url).host}`, `http://${host}${root}${target}`];
  await command('curl', [...how, ...args, ...where], { env: {} });
  // With -I curl writes the heads to standard output too.
  return {
    ...parse(readFileSync(heads, 'latin1')),
    body: args.includes('-I') ? Buffer.alloc(0) : bytesOf(body),
  };
}

function parse(text: string): Pick<CurlAnswer, 'statuses' | 'headers'> {
  const heads = text.split('\r\n\r\n').filter((head) => head !== '');
  const [, ...lines] = heads.at(-1)?.split('\r\n') ?? [];
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return { statuses: heads.map((head) => Number(head.split(' ')[1])), headers };
}

/** curl writes no file for an empty body. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Headers that differ between requests or buckets, and hop-by-hop headers. */
const NOT_COMPARED = /^(date|last-modified|x-amz-request-id|content-length|connection|keep-alive)$/;
/** Headers of CORS, which other tests compare. */
const CORS = /^(vary|access-control-.*)$/;

/** An answer without its names, ids and times, and without the length of a text that contains them. */
export function comparable({ statuses, headers, body }: CurlAnswer, { bucket }: { readonly bucket: string }) {
  const names = Object.keys(headers).filter((name) => !NOT_COMPARED.test(name) && !CORS.test(name));
  const text = body.toString('latin1').replaceAll(bucket, 'BUCKET');
  return {
    statuses,
    headers: Object.fromEntries(names.map((name) => [name, headers[name]])),
    length: (statuses.at(-1) ?? 0) < 400 && !text.startsWith('<?xml') ? headers['content-length'] : null,
    text: text.replace(/<(RequestId|LastModified)>[^<]*/g, '<$1>'),
  };
}
