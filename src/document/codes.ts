/** How much a finding matters: an error disables or opens something, a warning costs users, a note is advice. */
export type Severity = 'error' | 'warning' | 'note';

/** One kind of finding. Each has a section in docs/checks.md. */
export interface CodeRow {
  readonly severity: Severity;
  /** The heading in docs/checks.md. */
  readonly title: string;
}

/**
 * Every kind of finding about a rules document: BC0 its form and values, BC1 origins, BC2 methods and headers, BC3 the
 * order of rules, BC4 caches, BC5 limits of the store. A code is never given another meaning.
 */
export const CODES = {
  BC001: { severity: 'error', title: 'The document cannot be read' },
  BC002: { severity: 'error', title: 'An unknown element or key' },
  BC003: { severity: 'error', title: 'A rule, an origin or a method is missing' },
  BC004: { severity: 'warning', title: 'An empty value' },
  BC005: { severity: 'error', title: 'A value is given twice' },
  BC006: { severity: 'error', title: 'More than one * in a value' },
  BC007: { severity: 'error', title: 'Not one of the five methods' },
  BC008: { severity: 'error', title: 'Not a header name' },
  BC009: { severity: 'error', title: 'A wildcard in ExposeHeader' },
  BC010: { severity: 'error', title: 'MaxAgeSeconds is not a number of seconds' },
  BC011: { severity: 'error', title: 'ResponseVary is neither true nor false' },
  BC012: { severity: 'error', title: 'More rules than any store takes' },
  BC013: { severity: 'error', title: 'White space or an invisible character in a value' },
  BC101: { severity: 'error', title: 'An origin with a slash, a path or a query' },
  BC102: { severity: 'error', title: 'An origin without a scheme' },
  BC103: { severity: 'error', title: 'A default port written out' },
  BC104: { severity: 'warning', title: 'Capitals in a scheme or host' },
  BC105: { severity: 'warning', title: 'The origin null' },
  BC106: { severity: 'error', title: 'Several origins in one value' },
  BC107: { severity: 'error', title: "A wildcard that reaches other people's domains" },
  BC108: { severity: 'error', title: 'A wildcard as wide as a public suffix' },
  BC109: { severity: 'note', title: 'http:// beside https:// of the same host' },
  BC110: { severity: 'warning', title: 'An origin that no browser sends' },
  BC201: { severity: 'warning', title: 'A response header among the request headers' },
  BC202: { severity: 'note', title: 'A request header that needs no rule' },
  BC203: { severity: 'warning', title: 'PUT or POST without an exposed ETag' },
  BC204: { severity: 'note', title: 'GET without HEAD' },
  BC205: { severity: 'note', title: 'MaxAgeSeconds above what browsers store' },
  BC206: { severity: 'warning', title: 'MaxAgeSeconds is 0' },
  BC207: { severity: 'warning', title: 'Credentials with the origin *' },
  BC301: { severity: 'note', title: 'An entry that a wider one beside it covers' },
  BC302: { severity: 'note', title: 'A duplicate' },
  BC303: { severity: 'warning', title: 'A rule that no request reaches' },
  BC304: { severity: 'warning', title: 'A narrower rule behind a wider one' },
  BC401: { severity: 'note', title: 'Answers that depend on the origin multiply cache entries' },
  BC402: { severity: 'warning', title: 'ResponseVary is off while answers differ by origin' },
  BC403: { severity: 'warning', title: 'GET and HEAD are answered differently' },
  BC501: { severity: 'error', title: 'More rules than the store takes' },
  BC502: { severity: 'error', title: 'A document that is too large for the store' },
} as const satisfies Readonly<Record<string, CodeRow>>;

export type Code = keyof typeof CODES;
