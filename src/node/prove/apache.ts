import { isOnPath } from './program.ts';
import type { Prover } from './prover.ts';

export const apacheProver: Prover = {
  program: 'apache2',
  install: 'apt-get install apache2',
  isInstalled: () => isOnPath('apache2'),
  start: async () => {
    throw new Error('not written');
  },
};
