import type { Result } from '../../document/fault.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import { readBanner, rulesOfBanner, withoutBanner } from '../banner.ts';
import type { Deployed } from '../deployed.ts';
import type { ReadBack } from '../target.ts';
import { exactRoutes, narrowerRoutes } from './compile.ts';
import { BEHAVIOUR, dividingRules } from './dividing.ts';
import { gatewayAnswer, type RoutedCors } from './model.ts';
import { routedOf } from './route.ts';
import { writeRoute } from './write.ts';

const WRITE = '`kubectl get httproute NAME -o json`, or the file that `bucket-cors export gateway-api` wrote';

/** Reads an HTTPRoute as JSON, as `kubectl get httproute NAME -o json` prints it, or an export whose record is whole. */
export function readRoute(text: string): ReadBack {
  if (/^\s*\{/.test(text)) return readJson(text);
  const banner = readBanner(text);
  if (banner === null) {
    const isYaml = /^\s*kind:\s*["']?(?:HTTPRoute|List)\b/m.test(text);
    return refused(isYaml ? 'is YAML without the record of an export' : 'is not an HTTPRoute', WRITE);
  }
  if (banner.target !== 'gateway-api')
    return refused(`was exported for ${banner.target}`, `\`bucket-cors audit ${banner.target}\``);
  const rules = rulesOfBanner(banner);
  const exact = exactRoutes(rules);
  const found = 'lost' in exact ? exact : banner.allowNarrower ? narrowerRoutes(rules) : null;
  if (found === null) return refused('has a record of rules that no CORS filter can say', WRITE);
  const written = writeRoute(rules, found.routes, { ...banner, source: '' });
  const isEdited = withoutBanner(written.text) !== withoutBanner(text);
  const notes = isEdited
    ? [
        'Only the rules in the record of the file are compared: give the JSON of kubectl to compare the route itself.',
      ]
    : [];
  const name = `the export for gateway-api of bucket-cors ${banner.version}`;
  return {
    ok: true,
    value: { ...deployedAs({ routes: found.routes, varies: true }, name, notes), isEdited },
  };
}

function readJson(text: string): ReadBack {
  const found = routeOf(parsed(text));
  if (!found.ok) return found;
  const { value: route } = found;
  const read = routedOf(route);
  if (!read.ok) return read;
  const { routed, notes, isPartial } = read.value;
  const deployed = deployedAs(routed, `the HTTPRoute ${nameOf(route)}`, notes);
  return { ok: true, value: { ...deployed, isPartial } };
}

const deployedAs = (routed: RoutedCors, name: string, notes: readonly string[]): Deployed => ({
  name,
  rules: dividingRules(routed.routes),
  behaviour: BEHAVIOUR,
  isExact: false,
  answer: (request) => gatewayAnswer(routed, request),
  isEdited: false,
  notes,
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The route of the document, or the only one of a list. */
function routeOf(document: unknown): Result<Fields> {
  if (document === undefined) return refused('is not whole JSON', WRITE);
  if (!isFields(document)) return refused('is not an HTTPRoute', WRITE);
  const items = Array.isArray(document.items) ? document.items.filter(isFields) : [document];
  const routes = items.filter(({ kind, apiVersion }) => kind === 'HTTPRoute' && isApi(apiVersion));
  const [route, ...more] = routes;
  if (route === undefined) return refused('has no HTTPRoute of gateway.networking.k8s.io', WRITE);
  if (more.length === 0) return { ok: true, value: route };
  const names = routes.slice(0, 5).map(nameOf).join(', ');
  return refused(`has ${routes.length} routes (${names}${routes.length > 5 ? ', …' : ''})`, WRITE);
}

const isApi = (version: unknown): boolean =>
  typeof version === 'string' && version.startsWith('gateway.networking.k8s.io/');

const nameOf = ({ metadata }: Fields): string =>
  isFields(metadata) && typeof metadata.name === 'string' ? metadata.name : '(without a name)';

const refused = (reason: string, write: string): Result<never> => ({
  ok: false,
  faults: [{ place: 'FILE', reason, write }],
});
