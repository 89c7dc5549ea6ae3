import { isOnPath } from './program.ts';
import type { Prover } from './prover.ts';

export const caddyProver: Prover = {
  program: 'caddy',
  install: 'apt-get install caddy',
  isInstalled: () => isOnPath('caddy'),
  start: async () => {
    throw new Error('not written');
  },
};
