/**
 * Characters of a variable or of a key that nginx's hashes take with their default bucket of 64 bytes: two pointers, the
 * length and the end take the others (`NGX_HASH_ELT_SIZE`). nginx does not start with a longer one.
 */
export const HASH_LIMIT = 46;

/**
 * The variables of an export, without `$`. All begin with the name of the export and `__`, and the rest never has `__`: two
 * names have no variable in common, though one begins with the other. A name has up to 33 characters, which leaves 11 for
 * the rest.
 */
export const variablesOf = (name: string) =>
  ({
    /** The verdict, or the status of a refused preflight; empty: no headers. */
    rule: `${name}__rule`,
    /** The verdict of an actual request whose answer depends on the origin. */
    actual: `${name}__actual`,
    /** The verdict of a preflight, or the status of its refusal. */
    asked: `${name}__asked`,
    /** The group of the origin. */
    who: `${name}__who`,
    askedOther: `${name}__asked_other`,
    listed: `${name}__listed`,
    unlisted: `${name}__unlisted`,
    /** The verdict of an actual request from an origin that no entry names. */
    open: `${name}__open`,
    openAsked: `${name}__open_asked`,
    /** Whether a chain of rules allows the names of request headers; its number follows. */
    names: `${name}__names`,
    /** The same, and whether the method has the right case. */
    case: `${name}__case`,
    /** The same, and whether the origin and the method have the right case. */
    usual: `${name}__usual`,
    refused: `${name}__refused`,
    badMethod: `${name}__bad_method`,
    vary: `${name}__vary`,
    allowOrigin: `${name}__origin`,
    allowMethods: `${name}__methods`,
    exposeHeaders: `${name}__expose`,
    maxAge: `${name}__max_age`,
    allowCredentials: `${name}__credentials`,
  }) as const;

export type Variables = ReturnType<typeof variablesOf>;

/**
 * A name that begins variables: letters, digits and `_`, and no digit first, because `$1` is a group of a regex. Nor may it
 * begin as variables of nginx do, which ignore case: a map of `$upstream_http_vary` would read itself.
 */
export const asName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?=\d|$|(?:arg|cookie|http|jwt|proxy|sent|ssl|upstream)(?:_|$))/i, '_');

export const ORIGIN = '$http_origin';
export const METHOD = '$request_method';
export const ASKED_METHOD = '$http_access_control_request_method';
export const ASKED_HEADERS = '$http_access_control_request_headers';
