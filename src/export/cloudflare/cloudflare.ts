import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const cloudflare: Target = {
  name: 'cloudflare',
  about: 'Cloudflare: a Snippet or Worker without bindings.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(cloudflare, text),
};
