import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const nginx: Target = {
  name: 'nginx',
  about: 'nginx: maps and one include, without modules.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(nginx, text),
};
