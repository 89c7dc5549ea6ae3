import { bytesOf, textOf, utf8 } from '../sign/bytes.ts';
import { cut, decode } from '../sign/canonical.ts';

/**
 * Returns why the object at a target (`/key?query`) is not one of the keys that begin with `prefix`, or null. The key is
 * decoded once, as stores do. A key that stores read in different ways is refused: for one of them it may be outside.
 */
export function keyFault(target: string, prefix: string): string | null {
  const raw = cut(target).path.slice(1);
  const key = decode(raw);
  // S3 reads a plus sign in a path as a space, other stores read a plus sign.
  const spaced = decode(raw.replaceAll('+', ' '));
  // A proxy before the store may decode once more.
  const readings = [key, spaced, decode(spaced)];
  // A store that merges slashes reads `//` as the bucket, and would list its objects.
  if (/^\/*$/.test(key)) return 'The edge signs reads of objects, not of the bucket itself.';
  if (readings.some(hasControl)) return 'The edge signs no key with a control character.';
  if (!isUtf8(key)) return 'The edge signs no key that is not UTF-8.';
  if (readings.some(hasDotSegment)) return 'The edge signs no key with a dot segment.';
  const begins = textOf(utf8(prefix));
  const isWithin = key.startsWith(begins) && spaced.startsWith(begins);
  return isWithin ? null : `The edge signs only keys that begin with ${prefix}`;
}

/** Some stores end a key at a NUL, and URL parsers remove others: `..%00` may be a dot segment. */
const hasControl = (key: string): boolean => /[^ -~\x80-\uffff]/.test(key);

/** Some stores read a backslash as a slash, or remove parameters and blanks at the end of a segment. */
const hasDotSegment = (key: string): boolean => /(?:^|[/\\])\.{1,2} *(?:[;/\\]|$)/.test(key);

/** Whether a text of bytes is UTF-8: an overlong dot is not. */
function isUtf8(bytes: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(bytes));
    return true;
  } catch {
    return false;
  }
}
