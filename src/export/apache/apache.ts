import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const apache: Target = {
  name: 'apache',
  about: 'Apache httpd: directives for a virtual host.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(apache, text),
};
