import { bytesOf, textOf, utf8 } from '../sign/bytes.ts';
import { cut, decode } from '../sign/canonical.ts';

/**
 * Returns why the object at a target (`/key?query`) is not one of the keys that begin with `prefix`, or null. The key is
 * decoded once, as stores do. A key that stores read in different ways is refused, so that none of them leaves the prefix.
 */
export function keyFault(target: string, prefix: string): string | null {
  const { path } = cut(target);
  const key = decode(path.slice(1));
  // A store that merges slashes reads `//` as the bucket, and would list its objects.
  if (/^\/*$/.test(key)) return 'The edge signs reads of objects, not of the bucket itself.';
  if (!isUtf8(key)) return 'The edge signs no key that is not UTF-8.';
  if (hasDotSegment(key)) return 'The edge signs no key with a dot segment.';
  const begins = textOf(utf8(prefix));
  // S3 reads a plus sign in a path as a space, other stores read a plus sign.
  const isWithin = key.startsWith(begins) && decode(path.slice(1).replaceAll('+', ' ')).startsWith(begins);
  return isWithin ? null : `The edge signs only keys that begin with ${prefix}`;
}

/** A proxy before the store may decode once more, read a backslash as a slash, or remove parameters from a segment. */
const hasDotSegment = (key: string): boolean =>
  [key, decode(key)].some((seen) => seen.split(/[/\\]/).some((segment) => /^\.{1,2}(?:;|$)/.test(segment)));

/** Whether a text of bytes is UTF-8: an overlong dot is not. */
function isUtf8(bytes: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(bytes));
    return true;
  } catch {
    return false;
  }
}
