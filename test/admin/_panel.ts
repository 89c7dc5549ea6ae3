import type { ConsoleRules } from '../../src/admin/api.ts';
import { call } from '../node/_running.ts';

export const TOKEN = 'a-token-of-the-admin-port';

/** Rules with one rule, which lets these origins PUT. */
export const lets = (...sources: readonly string[]): ConsoleRules => ({
  rules: [
    {
      id: null,
      sources,
      allowedMethods: ['PUT'],
      allowedHeaders: [],
      exposedHeaders: ['ETag'],
      cacheTimeout: 60,
    },
  ],
  varyOrigin: false,
});

/** The panel of an admin port, as a page reads and saves it. */
export function panelAt(adminUrl: string) {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const ask = async (method: string, path: string, more: Record<string, string> = {}, body?: string) => {
    const answered = await call(adminUrl + path, {
      method,
      headers: { ...headers, ...more },
      ...(body !== undefined && { body }),
    });
    return { status: answered.status, text: answered.text, json: JSON.parse(answered.text) };
  };
  return {
    read: () => ask('GET', '/panel'),
    save: (rules: ConsoleRules, version: string | null) =>
      ask('PUT', '/panel', version === null ? {} : { 'If-Match': `"${version}"` }, JSON.stringify(rules)),
  };
}

/** Whether an edge answers a preflight for PUT with this origin. */
export const allows = async (edgeUrl: string, origin: string): Promise<boolean> => {
  const { headers } = await call(`${edgeUrl}/x`, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT' },
  });
  return headers['access-control-allow-origin'] === origin;
};
