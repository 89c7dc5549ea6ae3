import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const caddy: Target = {
  name: 'caddy',
  about: 'Caddy: a snippet of a Caddyfile.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(caddy, text),
};
