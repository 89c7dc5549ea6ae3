import type { BrowserQuestion } from './asked.ts';
import { objectOf } from './wire.ts';

/** What the script gets. */
export interface Fetched {
  /** Null if `fetch` rejects. */
  readonly status: number | null;
  readonly readable: readonly string[];
}

/** The page that asks. Without the icon, browsers ask the origin for one. */
export const PAGE = '<!doctype html><title>bucket-cors</title><link rel="icon" href="data:,">';

/** The URL of the page: one of the origin asked, or of a name that no server has for an opaque origin. */
export const pageUrlOf = (origin: string): string =>
  `${origin === 'null' ? 'http://bucket-cors.invalid' : origin}/bucket-cors-page`;

/** The headers of the page. The sandbox gives it an opaque origin, which is sent as `null`. */
export const pageHeadersOf = (origin: string): readonly (readonly [name: string, value: string])[] => [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Cache-Control', 'no-store'],
  ...(origin === 'null' ? [['Content-Security-Policy', 'sandbox allow-scripts'] as const] : []),
];

/** Values that are not safelisted, as `askedNames` assumes of a header whose value is unknown. */
const VALUES: Readonly<Record<string, string>> = {
  'content-type': 'application/octet-stream',
  range: 'bytes=-1',
};

/** The script that asks. Its result is a JSON text: an object with the members of `Fetched`. */
export function scriptOf({ url, method, headers, credentials }: BrowserQuestion): string {
  const init = {
    method,
    headers: headers.map((name) => [name, VALUES[name.toLowerCase()] ?? '1']),
    credentials: credentials ? 'include' : 'omit',
    cache: 'no-store',
  };
  return `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
    (answer) => JSON.stringify({ status: answer.status, readable: [...answer.headers.keys()] }),
    () => JSON.stringify({ status: null, readable: [] }),
  )`;
}

/** Reads the result of the script. */
export function fetchedOf(text: string): Fetched {
  const { status, readable } = objectOf(JSON.parse(text));
  return {
    status: typeof status === 'number' ? status : null,
    readable: Array.isArray(readable) ? readable.filter((name) => typeof name === 'string') : [],
  };
}
