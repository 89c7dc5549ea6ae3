/** The programs of Debian, each with one attempt only: a retry would hide a fault. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './_command.ts';
import type { Keys } from './_gateway.ts';
import { SYSTEM_PATH } from './_programs.ts';
import type { Way } from './_ways.ts';

const BOTO3 = fileURLToPath(new URL('_boto3_client.py', import.meta.url));

export interface ClientMeans {
  /** A new folder for the configuration of a run. */
  folder(): string;
}

/** Runs a program before a way and returns its output; rejects with what it printed if it fails. */
export type Client = (way: Way, ...args: string[]) => Promise<string>;

/** A way's keys for requests without a signature; s3cmd and rclone always need keys. */
export const UNSIGNED: Keys = { accessKey: '', secretKey: '' };

/** Environment variables: keys, proxy and Debian's PATH, without this machine's configuration. */
const environment = ({ folder }: ClientMeans, { keys, proxy }: Pick<Way, 'keys' | 'proxy'>) => ({
  PATH: SYSTEM_PATH,
  HOME: folder(),
  LANG: 'C.UTF-8',
  AWS_ACCESS_KEY_ID: keys.accessKey,
  AWS_SECRET_ACCESS_KEY: keys.secretKey,
  ...(proxy !== null && { http_proxy: proxy }),
});

export const openAws =
  (means: ClientMeans): Client =>
  async (way, ...args) => {
    const config = join(means.folder(), 'config');
    const multipart = 'multipart_threshold = 5MB\n  multipart_chunksize = 5MB';
    writeFileSync(
      config,
      `[default]\nregion = us-east-1\ns3 =\n  addressing_style = ${way.style}\n  ${multipart}\n`,
    );
    const unsigned = way.keys === UNSIGNED ? ['--no-sign-request'] : [];
    const all = ['--endpoint-url', way.endpoint, '--output', 'json', ...unsigned, ...args];
    const env = { AWS_CONFIG_FILE: config, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '' };
    const { stdout } = await command('aws', all, { env: { ...environment(means, way), ...env } });
    return String(stdout);
  };

/** Its first argument is the name of an action of _boto3_client.py. */
export const openBoto3 =
  (means: ClientMeans): Client =>
  async ({ endpoint, style, bucket, ...way }, ...args) => {
    const env = environment(means, way);
    const { stdout } = await command('python3', [BOTO3, endpoint, style, bucket, ...args], { env });
    return String(stdout);
  };

export const openS3cmd =
  (means: ClientMeans): Client =>
  async (way, ...args) => {
    const { host } = new URL(way.endpoint);
    const proxy = way.proxy === null ? null : new URL(way.proxy);
    const lines = [
      '[default]',
      `access_key = ${way.keys.accessKey}`,
      `secret_key = ${way.keys.secretKey}`,
      `host_base = ${host}`,
      `host_bucket = ${way.style === 'path' ? host : `%(bucket)s.${host}`}`,
      'use_https = False',
      'multipart_chunk_size_mb = 5',
      'bucket_location = us-east-1',
      ...(proxy === null ? [] : [`proxy_host = ${proxy.hostname}`, `proxy_port = ${proxy.port}`]),
    ];
    const config = join(means.folder(), 'config');
    writeFileSync(config, `${lines.join('\n')}\n`);
    const all = ['--config', config, '--no-progress', ...args];
    const { stdout, stderr } = await command('s3cmd', all, { env: environment(means, way) });
    // s3cmd makes five attempts and logs them.
    if (/retry/i.test(stderr)) throw new Error(`s3cmd ${args.join(' ')} tried again:\n${stderr}`);
    return String(stdout);
  };

const ONCE = ['--retries', '1', '--low-level-retries', '1', '--timeout', '20s'];
const IN_PARTS = ['--s3-upload-cutoff', '5Mi', '--s3-chunk-size', '5Mi'];

/** Its output is bytes: `cat` prints an object. */
export const openRclone =
  (means: ClientMeans) =>
  async (way: Way, ...args: string[]): Promise<Buffer> => {
    const store = ['--s3-provider', 'Ceph', '--s3-env-auth', '--s3-endpoint', way.endpoint];
    const style = `--s3-force-path-style=${way.style === 'path'}`;
    const env = { ...environment(means, way), RCLONE_CONFIG: '/dev/null' };
    const { stdout } = await command('rclone', [...store, style, ...ONCE, ...IN_PARTS, ...args], { env });
    return stdout;
  };

/** Gets or sends to a URL that is signed already. */
export const openFetch =
  (means: ClientMeans): Client =>
  async (way, ...args) => {
    const { stdout } = await command('curl', ['-sS', '--fail-with-body', ...args], {
      env: environment(means, way),
    });
    return String(stdout);
  };
