import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const varnish: Target = {
  name: 'varnish',
  about: 'Varnish: subroutines of VCL.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(varnish, text),
};
