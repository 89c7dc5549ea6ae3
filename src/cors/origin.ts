/**
 * Whether a value of Origin is one origin. The grammar has no list (Fetch standard, "The `Origin` header"): a comma
 * joins several header lines, and RFC 6454 separated origins by blanks. Such a value matches no entry, not even `*`: an
 * answer would have to name the list, and a cache may compare only its first item.
 */
export const isOneOrigin = (origin: string): boolean =>
  !origin.includes(',') && !origin.includes(' ') && !origin.includes('\t');
