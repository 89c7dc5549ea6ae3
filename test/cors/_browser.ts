/** A browser's view of an answer (Fetch standard, "CORS check" and "CORS filtered response"). */

export interface Judgement {
  readonly readable: boolean;
  /** Lower-cased and sorted; empty when the answer is not readable. */
  readonly exposed: readonly string[];
}

export function judgeAnswer(
  headers: Record<string, string>,
  origin: string,
  credentials: 'include' | 'omit',
): Judgement {
  const readable = corsCheck(headers, origin, credentials);
  const exposed = readable ? (headers['Access-Control-Expose-Headers'] ?? '').split(',') : [];
  const names = exposed.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  return { readable, exposed: [...new Set(names)].sort() };
}

function corsCheck(
  headers: Record<string, string>,
  origin: string,
  credentials: 'include' | 'omit',
): boolean {
  const allowed = headers['Access-Control-Allow-Origin'];
  if (allowed === undefined) return false;
  if (credentials === 'omit') return allowed === '*' || allowed === origin;
  return allowed === origin && allowed !== '*' && headers['Access-Control-Allow-Credentials'] === 'true';
}
