/** The variables of an export, without `$`. All begin with the name of the export. */
export const variablesOf = (name: string) =>
  ({
    /** The verdict, or the status of a refused preflight; empty: no headers. */
    rule: `${name}_rule`,
    /** The verdict of an actual request whose answer depends on the origin. */
    actual: `${name}_actual`,
    /** The verdict of a preflight, or the status of its refusal. */
    asked: `${name}_asked`,
    /** The group of the origin. */
    who: `${name}_who`,
    /** The group of an origin with capitals, or of one that no entry names, if it asks for a method in capitals. */
    asker: `${name}_asker`,
    askedOther: `${name}_asked_other`,
    listed: `${name}_listed`,
    unlisted: `${name}_unlisted`,
    /** The verdict of an actual request from an origin that no entry names. */
    open: `${name}_open`,
    openAsked: `${name}_open_asked`,
    /** Whether a chain of rules allows the request headers. */
    headers: `${name}_headers`,
    /** The same, and whether the origin and the method have the right case. */
    usual: `${name}_usual`,
    refused: `${name}_refused`,
    refusedMethod: `${name}_refused_method`,
    vary: `${name}_vary`,
    allowOrigin: `${name}_allow_origin`,
    allowMethods: `${name}_allow_methods`,
    exposeHeaders: `${name}_expose_headers`,
    maxAge: `${name}_max_age`,
    allowCredentials: `${name}_allow_credentials`,
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
