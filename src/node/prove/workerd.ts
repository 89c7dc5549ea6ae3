import type { Prover } from './prover.ts';

export const workerdProver: Prover = {
  program: 'workerd',
  install: 'npm install --save-dev miniflare',
  isInstalled: async () => true,
  start: async () => {
    throw new Error('not written');
  },
};
