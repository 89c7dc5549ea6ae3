import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { type AdminOptions, createAdmin } from '../admin/app.ts';
import type { AdminTokens } from '../admin/guard.ts';
import { isProbe, type ProbeAnswer, probesOf } from '../admin/probes.ts';
import type { ReadinessFacts } from '../admin/ready.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import { openAdminTokens } from './admin-tokens.ts';
import { answersTo, type Reach, reachOf } from './reach.ts';
import { seldom } from './seldom.ts';
import { appListener } from './server/app-listener.ts';
import { type Closed, OPERATOR_CROWD } from './server/crowd.ts';
import type { Listening } from './server/listen.ts';
import { listenOr, portMessage, type Spelt, speltBy } from './server/listen-fault.ts';
import { startFault } from './start-fault.ts';
import { messageOf } from './system-error.ts';

type AdminConfig = Pick<
  Config,
  'adminHost' | 'adminPort' | 'ownHosts' | 'adminToken' | 'adminMetricsToken' | 'dangerouslyOpenAdmin'
>;

export interface AdminPortOptions {
  readonly places: Places;
  /** The variables with tokens. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/**
 * Checks the admin port's address and its tokens, and resolves to the function that listens there. Both reject with a
 * start fault: what is wrong is reported before anything is opened.
 */
export async function adminPort(
  config: AdminConfig,
  { places, env, log }: AdminPortOptions,
): Promise<(options: Omit<AdminOptions, 'tokens' | 'onError'>) => Promise<Listening>> {
  const { adminHost: host, adminPort: port, ownHosts } = config;
  const spelt = speltBy(places, 'adminHost', 'adminPort');
  const reach = await reached({ host, port }, spelt);
  const { tokens, faults } = await openAdminTokens(config, places, env, log);
  const lines = [...openPort(config, reach, spelt), ...faults];
  if (lines.length > 0) throw startFault(lines);
  const isOwnHost = answersTo(reach, [host, ...(ownHosts ?? [])]);
  const onClose = seldom((closed: Closed, client: string) =>
    log.warn(
      { connections: OPERATOR_CROWD.most, closed, client },
      'the admin port closes connections: it has reached its limit',
    ),
  );
  const crowd = { ...OPERATOR_CROWD, onClose };
  const guarded: AdminTokens = { ...tokens, onWrong: warnOfGuesses(log) };
  const onError = seldom((error: unknown) =>
    log.error({ err: messageOf(error) }, 'the admin port failed on a request'),
  );
  return (options) => {
    const admin = createAdmin({ ...options, tokens: guarded, onError });
    const listener = appListener(admin, { answersTo: isOwnHost, inPlace: probesInPlace(options), onError });
    return listenOr(listener, { host, port }, spelt, { crowd });
  };
}

/** Probes come every few seconds, to edges that answer nothing else on this port. */
function probesInPlace(facts: ReadinessFacts): (target: string) => ProbeAnswer | null {
  const answer = probesOf(facts);
  return (target) => {
    try {
      return isProbe(target) ? answer(target) : null;
    } catch {
      // The app meets the same error, and reports it.
      return null;
    }
  };
}

/** The fault of a port that every client of the network could use. */
function openPort(
  { adminHost, adminToken, dangerouslyOpenAdmin }: AdminConfig,
  reach: Reach,
  spelt: Spelt,
): readonly string[] {
  if (reach !== 'beyond' || adminToken !== null || dangerouslyOpenAdmin) return [];
  return [
    `${spelt.host} ${adminHost} lets other machines read the rules and load them again; ` +
      `write ${asFlag('adminToken', 'env:ADMIN_TOKEN')} with a token in that variable, or ${asFlag('dangerouslyOpenAdmin', 'true')} if they may`,
  ];
}

const warnOfGuesses = (log: Logger) =>
  seldom((c: Context) =>
    log.warn({ client: getConnInfo(c).remote.address }, 'a request to the admin port has a wrong token'),
  );

/** Which clients reach an address. Rejects with the start fault that listening there would cause. */
export const reached = (where: { readonly host: string; readonly port: number }, spelt: Spelt) =>
  reachOf(where.host).catch((error) => {
    throw startFault([portMessage(error, where, spelt)]);
  });
