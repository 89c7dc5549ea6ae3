import type { Logger } from 'pino';
import { createAdmin } from '../admin/app.ts';
import type { Config, Places } from '../config/read.ts';
import { answersTo, reachOf } from './reach.ts';
import { seldom } from './seldom.ts';
import { appListener } from './server/app-listener.ts';
import { type Closed, OPERATOR_CROWD } from './server/crowd.ts';
import type { Listening } from './server/listen.ts';
import { listenOr, portMessage, type Spelt, speltBy } from './server/listen-fault.ts';
import { startFault } from './start-fault.ts';

/**
 * Checks the admin port's address, and resolves to the function that listens there. Both reject with a start fault: a
 * wrong address is reported before anything is opened.
 */
export async function adminPort(
  { adminHost: host, adminPort: port, ownHosts }: Pick<Config, 'adminHost' | 'adminPort' | 'ownHosts'>,
  places: Places,
  log: Logger,
): Promise<(options: Parameters<typeof createAdmin>[0]) => Promise<Listening>> {
  const spelt = speltBy(places, 'adminHost', 'adminPort');
  const reach = await reached({ host, port }, spelt);
  const isOwnHost = answersTo(reach, [host, ...(ownHosts ?? [])]);
  const onClose = seldom((closed: Closed, client: string) =>
    log.warn(
      { connections: OPERATOR_CROWD.most, closed, client },
      'the admin port closes connections: it has reached its limit',
    ),
  );
  const crowd = { ...OPERATOR_CROWD, onClose };
  return (options) =>
    listenOr(appListener(createAdmin(options), isOwnHost), { host, port }, spelt, { crowd });
}

/** Which clients reach an address. Rejects with the start fault that listening there would cause. */
export const reached = (where: { readonly host: string; readonly port: number }, spelt: Spelt) =>
  reachOf(where.host).catch((error) => {
    throw startFault([portMessage(error, where, spelt)]);
  });
