import { isOnPath } from './program.ts';
import type { Prover } from './prover.ts';

export const nginxProver: Prover = {
  program: 'nginx',
  install: 'apt-get install nginx',
  isInstalled: () => isOnPath('nginx'),
  start: async () => {
    throw new Error('not written');
  },
};
