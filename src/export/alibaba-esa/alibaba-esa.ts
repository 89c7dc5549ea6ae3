import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const alibabaEsa: Target = {
  name: 'alibaba-esa',
  about: 'Alibaba Cloud ESA: response-header rules, or an edge function.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(alibabaEsa, text),
};
