import { type Code, SEVERITIES, type Severity } from './codes.ts';

/** One kind of finding. Each has a section in docs/checks.md. */
export interface CodeRow {
  readonly severity: Severity;
  /** The heading in docs/checks.md. */
  readonly title: string;
}

/** Apart from the severities, so that a Worker, which prints no titles, does not carry them. */
const TITLES: Readonly<Record<Code, string>> = {
  BC001: 'The document cannot be read',
  BC002: 'An unknown element or key',
  BC003: 'A rule, an origin or a method is missing',
  BC004: 'An empty value',
  BC005: 'A value is given twice',
  BC006: 'More than one * in a value',
  BC007: 'Not one of the five methods',
  BC008: 'Not a header name',
  BC009: 'A wildcard in ExposeHeader',
  BC010: 'MaxAgeSeconds is not a number of seconds',
  BC011: 'ResponseVary is neither true nor false',
  BC012: 'More rules than any store takes',
  BC013: 'White space or an invisible character in a value',
  BC101: 'An origin with a slash, a path or a query',
  BC102: 'An origin without a scheme',
  BC103: 'A default port written out',
  BC104: 'Capitals in a scheme or host',
  BC105: 'The origin null',
  BC106: 'Several origins in one value',
  BC107: "A wildcard that reaches other people's domains",
  BC108: 'A wildcard as wide as a public suffix',
  BC109: 'http:// beside https:// of the same host',
  BC110: 'An origin that no browser sends',
  BC201: 'A response header among the request headers',
  BC202: 'A request header that needs no rule',
  BC203: 'PUT or POST without an exposed ETag',
  BC204: 'GET without HEAD',
  BC205: 'MaxAgeSeconds above what browsers store',
  BC206: 'MaxAgeSeconds is 0',
  BC207: 'Credentials with the origin *',
  BC301: 'An entry that a wider one beside it covers',
  BC302: 'A duplicate',
  BC303: 'A rule that no request reaches',
  BC304: 'A narrower rule behind a wider one',
  BC401: 'Answers that depend on the origin multiply cache entries',
  BC402: 'ResponseVary is off while answers differ by origin',
  BC403: 'GET and HEAD are answered differently',
  BC501: 'More rules than the store takes',
  BC502: 'A document that is too large for the store',
};

/** Every kind of finding, by its code. */
export const CODES = Object.fromEntries(
  Object.entries(SEVERITIES).map(([code, severity]) => [code, { severity, title: TITLES[code as Code] }]),
) as Readonly<Record<Code, CodeRow>>;
