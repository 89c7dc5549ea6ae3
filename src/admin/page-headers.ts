/** Returns a file of the live page by its path, `/` or `/page.css`; null: there is no such file. */
export type Page = (path: string) => { readonly type: string; readonly body: string } | null;

/** The page runs its own modules and styles alone, and no other page embeds it. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
} as const;
