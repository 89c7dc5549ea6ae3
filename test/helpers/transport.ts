import type { TransportName } from '../../src/config/options/operation.ts';

/** The transport of the edges that tests open: `TEST_TRANSPORT=undici` runs them over the other one. */
export const TRANSPORT: TransportName = process.env.TEST_TRANSPORT === 'undici' ? 'undici' : 'own';
