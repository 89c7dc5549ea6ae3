import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const haproxy: Target = {
  name: 'haproxy',
  about: 'HAProxy: lines for a frontend.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(haproxy, text),
};
