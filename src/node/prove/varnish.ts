import { isOnPath } from './program.ts';
import type { Prover } from './prover.ts';

export const varnishProver: Prover = {
  program: 'varnishd',
  install: 'apt-get install varnish',
  isInstalled: () => isOnPath('varnishd'),
  start: async () => {
    throw new Error('not written');
  },
};
