import type { Logger } from 'pino';
import type { AdminTokens } from '../admin/guard.ts';
import { tokenFault } from '../admin/token.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import type { TokenPlace } from '../config/values.ts';
import { wrapping } from '../config/wrapping.ts';
import { openToken } from '../open/token.ts';
import type { Token } from '../rules/sources/kind.ts';
import { fileToken } from './buckets/token.ts';
import { seldom } from './seldom.ts';
import { messageOf } from './system-error.ts';

type TokenOption = 'adminToken' | 'adminMetricsToken';

const WRITE = '16 or more random letters and digits, as "openssl rand -hex 24" prints them';

/**
 * Looks up the tokens of the admin port. `faults`: those that are missing or easy to guess, one line each. A token that
 * becomes faulty while the edge runs opens nothing: requests get 503, and the log has the reason.
 */
export async function openAdminTokens(
  config: Pick<Config, TokenOption>,
  places: Places,
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<{ readonly tokens: AdminTokens; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const take = async (option: TokenOption): Promise<Token | undefined> => {
    const token = checkedToken(config[option], env);
    try {
      await token?.();
    } catch (error) {
      faults.push(`${places[option] ?? asFlag(option)}: ${messageOf(error)}; write ${WRITE}`);
    }
    return token;
  };
  const admin = await take('adminToken');
  const metrics = await take('adminMetricsToken');
  const onError = seldom((error: unknown) =>
    log.error({ err: messageOf(error) }, 'a token of the admin port cannot be looked up'),
  );
  return { tokens: { admin, metrics, onError }, faults };
}

/** Throws the reason, never the token, where it is missing or easy to guess. */
function checkedToken(
  place: TokenPlace | null,
  variables: Readonly<Record<string, string | undefined>>,
): Token | undefined {
  const opened = openToken(place, { variables, tokenFile: fileToken }, asFlag);
  if (place === null || !opened.ok || opened.value === undefined) return undefined;
  const look = opened.value;
  const name = place.kind === 'environment' ? place.name : `the token file ${place.path}`;
  return async () => {
    const token = await look();
    const fault = wrapping(token) ?? tokenFault(token);
    if (fault !== null) throw new Error(`${name} ${fault.reason}`);
    return token;
  };
}
