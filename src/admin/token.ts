/** Fewest characters of a token: an attacker can guess without a time limit. */
const SHORTEST = 16;

/** Why a text cannot be a token of the admin endpoints, and what to write; null if it can. */
export const tokenFault = (text: string): { readonly reason: string; readonly write: string } | null =>
  /^[\x21-\x7e]*$/.test(text) && text.length >= SHORTEST
    ? null
    : {
        reason: 'is too short, or contains a character that no header can carry',
        write: `${SHORTEST} or more random letters and digits`,
      };

/** The bearer token of an Authorization header (RFC 6750 §2.1); null without one. */
export const bearerOf = (authorization: string | undefined): string | null =>
  /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1] ?? null;

/** The password of an Authorization header by the Basic scheme (RFC 7617 §2), with any user name; null without one. */
export function passwordOf(authorization: string | undefined): string | null {
  const [, encoded] = /^Basic\s+([\w+/]+=*)\s*$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  try {
    const [, password] = /^[^:]*:(.*)$/s.exec(atob(encoded)) ?? [];
    return password ?? null;
  } catch {
    return null;
  }
}

/** Whether two tokens are the same. How long it takes says nothing about where they differ. */
export async function isSameToken(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([digestOf(one), digestOf(other)]);
  return first.reduce((difference, byte, at) => difference | (byte ^ (second[at] ?? 0)), 0) === 0;
}

const digestOf = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
