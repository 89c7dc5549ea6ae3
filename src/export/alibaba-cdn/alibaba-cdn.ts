import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const alibabaCdn: Target = {
  name: 'alibaba-cdn',
  about: 'Alibaba Cloud CDN: the body of BatchSetCdnDomainConfig, or Terraform.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(alibabaCdn, text),
};
