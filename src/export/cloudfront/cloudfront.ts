import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const cloudfront: Target = {
  name: 'cloudfront',
  about: 'Amazon CloudFront: a function and a response headers policy, for the CLI or Terraform.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(cloudfront, text),
};
