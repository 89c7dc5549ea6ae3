import type { Dialect } from '../cors/behaviour.ts';

/** Labels of OSS; S3 also allows dots, but no IPv4 address. */
const NAMES: Readonly<Record<Dialect, RegExp>> = {
  oss: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  s3: /^(?!.*\.\.)(?!(?:\d+\.){3}\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
};
/** Aliases of access points of S3 and OSS: another name of a bucket, which no list of names would find. */
const ALIAS = /(?:-s3alias|--ol-s3|\.mrap|-ossalias|-opap)$/;
const TENANT = /^\w{1,64}$/;

/**
 * Whether a store may have a bucket of this name. Names with capitals or underscores, which S3 allowed until 2018, are
 * not among them, and aliases of access points neither. `tenants`: also `tenant:bucket`, as Ceph RGW writes the buckets of another tenant.
 */
export function isBucketName(name: string, dialect: Dialect, tenants: boolean): boolean {
  const colon = tenants ? name.indexOf(':') : -1;
  if (colon >= 0 && !TENANT.test(name.slice(0, colon))) return false;
  const bucket = name.slice(colon + 1);
  return NAMES[dialect].test(bucket) && !ALIAS.test(bucket);
}

/** Which buckets of a store are served, by patterns in which each `*` is any run of characters. */
export interface NameLists {
  /** Absent: all. */
  readonly allow?: readonly string[];
  /** Wins over `allow`. */
  readonly deny?: readonly string[];
}

/** Whether the lists let a name through. `deny` also applies to the bucket of a tenant. */
export function isListed(name: string, { allow, deny = [] }: NameLists): boolean {
  const bucket = name.slice(name.indexOf(':') + 1);
  if (deny.some((pattern) => matches(pattern, name) || matches(pattern, bucket))) return false;
  return allow === undefined || allow.some((pattern) => matches(pattern, name));
}

/** Compares the parts between the stars from left to right; a regular expression could backtrack. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
