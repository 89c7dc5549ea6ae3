import { readExported } from '../exported.ts';
import type { Target } from '../target.ts';

export const gatewayApi: Target = {
  name: 'gateway-api',
  about: 'Kubernetes Gateway API: an HTTPRoute with the CORS filter.',
  formats: ['config'],
  compile: () => ({ ok: false, refused: [] }),
  read: (text) => readExported(gatewayApi, text),
};
