import { isOnPath } from './program.ts';
import type { Prover } from './prover.ts';

export const haproxyProver: Prover = {
  program: 'haproxy',
  install: 'apt-get install haproxy',
  isInstalled: () => isOnPath('haproxy'),
  start: async () => {
    throw new Error('not written');
  },
};
