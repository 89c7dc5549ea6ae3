import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's programs only: one of the same name from pyenv or another manager may not run at all. */
const FOLDERS = ['/usr/bin', '/usr/sbin'];
export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

const fileOf = (name: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file));

/** The path of a program that Debian installs. */
export function program(name: string): string {
  const file = fileOf(name);
  if (file === undefined) throw new Error(`${name} is not in ${FOLDERS.join(' or ')}`);
  return file;
}

/** Debian's packages, each with a check that it is installed. */
const PACKAGES: readonly (readonly [name: string, isInstalled: () => boolean])[] = [
  ['radosgw', () => has('radosgw')],
  ['ceph-mon', () => has('ceph-mon')],
  ['ceph-osd', () => has('ceph-osd')],
  ['ceph-common', () => has('ceph') && has('radosgw-admin')],
  ['awscli', () => has('aws')],
  ['s3cmd', () => has('s3cmd')],
  ['rclone', () => has('rclone')],
  ['python3-boto3', () => existsSync('/usr/lib/python3/dist-packages/boto3')],
  ['curl', () => has('curl')],
  ['openssl', () => has('openssl')],
];

const has = (name: string): boolean => fileOf(name) !== undefined;

/** The Debian packages that this machine lacks. */
export const MISSING: readonly string[] = PACKAGES.filter(([, isInstalled]) => !isInstalled()).map(
  ([name]) => name,
);

/** True if the suite is skipped; with CI=true the setup fails instead. */
export const SKIPPED = MISSING.length > 0 && process.env.CI !== 'true';
