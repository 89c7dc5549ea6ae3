/** How much a finding matters: an error disables or opens something, a warning costs users, a note is advice. */
export type Severity = 'error' | 'warning' | 'note';

/**
 * Every kind of finding about a rules document, with its usual severity: BC0 its form and values, BC1 origins, BC2 methods
 * and headers, BC3 the order of rules, BC4 caches, BC5 limits of the store. A code is never given another meaning.
 */
export const SEVERITIES = {
  BC001: 'error',
  BC002: 'error',
  BC003: 'error',
  BC004: 'warning',
  BC005: 'error',
  BC006: 'error',
  BC007: 'error',
  BC008: 'error',
  BC009: 'error',
  BC010: 'error',
  BC011: 'error',
  BC012: 'error',
  BC013: 'error',
  BC101: 'error',
  BC102: 'error',
  BC103: 'error',
  BC104: 'warning',
  BC105: 'warning',
  BC106: 'error',
  BC107: 'error',
  BC108: 'error',
  BC109: 'note',
  BC110: 'warning',
  BC201: 'warning',
  BC202: 'note',
  BC203: 'warning',
  BC204: 'note',
  BC205: 'note',
  BC206: 'warning',
  BC207: 'warning',
  BC301: 'note',
  BC302: 'note',
  BC303: 'warning',
  BC304: 'warning',
  BC401: 'note',
  BC402: 'warning',
  BC403: 'warning',
  BC501: 'error',
  BC502: 'error',
} as const satisfies Readonly<Record<string, Severity>>;

export type Code = keyof typeof SEVERITIES;
