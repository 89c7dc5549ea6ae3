/** What a text that begins with a host and has no scheme probably means. */
export interface UrlMeant {
  /** With a scheme, and without a user name, a password, a query and a fragment. */
  readonly url: string;
  /** The text has a user name or a password before its host. */
  readonly hasUser: boolean;
  /** False for a name with dots alone, which a folder or file may have too: `example.com/cors.xml`. */
  readonly isCertain: boolean;
}

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** A path: from here, from the root, from a home or from a drive. */
const IS_PATH = /^[./\\~]|^[a-z]:/i;
const PORT = String.raw`(?::(?<port>\d{1,5}))?$`;
const IP = new RegExp(
  String.raw`^(?:(?:\d{1,3}\.){3}\d{1,3}|localhost|\[(?=.*:.*:)[0-9a-f:.]+\])${PORT}`,
  'i',
);
const NAME = new RegExp(`^(?<name>[a-z0-9_][a-z0-9_.-]*)${PORT}`, 'i');
/** A name with a top-level domain. */
const DOTTED = /\.(?:[a-z]{2,63}|xn--[a-z0-9-]+)\.?$/i;
/** Endings of files that are no top-level domains. */
const IS_FILE = /\.(?:xml|json|ya?ml|txt|conf|pem|crt|key|bak|old|orig|tmp)$/i;

/**
 * The URL that `127.0.0.1:9000/b` or `my-bucket.oss-cn-hangzhou.aliyuncs.com` means; null for a text with a scheme, for a
 * path, and for a text that does not begin with a host.
 */
export function urlMeant(text: string): UrlMeant | null {
  if (HAS_SCHEME.test(text) || IS_PATH.test(text)) return null;
  const [authority = ''] = text.split(/[/?#\\]/, 1);
  const [, path = '', query = ''] = /^([^?#]*)(.*)$/s.exec(text.slice(authority.length)) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const hasUser = host !== authority;
  const ip = IP.exec(host);
  const { port, name } = (ip ?? NAME.exec(host))?.groups ?? {};
  const isDotted = name !== undefined && DOTTED.test(name);
  if (ip === null && !isDotted && (name === undefined || port === undefined)) return null;
  if (port === undefined && IS_FILE.test(host)) return null;
  const isPlain = isDotted ? port === '80' : port !== '443';
  const isCertain = ip !== null || port !== undefined || hasUser || query !== '';
  return { url: `${isPlain ? 'http' : 'https'}://${host}${path}`, hasUser, isCertain };
}
