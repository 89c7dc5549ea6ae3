/** A query parameter with a signature, a key or a token, in URLs that OSS, S3 or a program signs. */
const SIGNED = /[?&;](?:[\w-]*(?:signature|credential|token|secret|password|key)|OSSAccessKeyId)=/i;
/** Key ids of OSS and AWS, signed parameters without a question mark, and bearer tokens. */
const KEYS = /\b(?:LTAI|AKIA|ASIA)\w{8,}|\bSTS\.\w{8,}|(?:signature|accesskeyid)=|\bbearer\s|\beyJ[\w-]{8,}/i;
const DOCUMENT = /^\s*["']?(?:[<{]|\[\s*["{\]])/;

/**
 * The text for messages, without its query, which may contain a signature; null if it may contain a password or a key, or
 * is a document (promise 7).
 */
export function withoutSecrets(text: string): string | null {
  if (text.includes('@') || DOCUMENT.test(text)) return null;
  const shown = text.replace(/\?.*$/s, '?…').replace(/#.*=.*$/s, '#…');
  return KEYS.test(shown) || SIGNED.test(shown) ? null : shown;
}

/** Whether a path is a URL or has the query of a signed one; messages about files show their paths. */
export const isSignedOrUrl = (path: string): boolean =>
  /^[a-z][a-z0-9+.-]+:\/\//i.test(path) || SIGNED.test(path);

/** A key as a part of a place; one may be a URL with a password by mistake. */
export const shownName = (key: string): string => withoutSecrets(key) ?? '(a key that may be a secret)';
