import { hostName } from '../bucket/host.ts';
import type { Fault } from '../document/fault.ts';
import { type GivenOptions, placeOf, shown } from './given.ts';
import type { ValueOf } from './options.ts';

type WithDefault = 'host' | 'port' | 'adminHost' | 'adminPort' | 'dangerouslyOpenAdmin';
type WithoutDefault = 'socket' | 'tlsCert' | 'tlsKey' | 'adminToken';

/** The values of these options; those with a fault of their own are absent. */
type Listening = { readonly [N in WithDefault]: ValueOf<N> } & {
  readonly [N in WithoutDefault]: ValueOf<N> | null;
};

/** Options about where the edge and its admin port listen that contradict each other. */
export const listeningFaults = (config: Listening, given: GivenOptions): readonly Fault[] => [
  ...sharedPorts(config, given),
  ...besideSocket(config, given),
  ...halfPairs(config, given),
  ...openAndGuarded(config, given),
];

function sharedPorts({ socket, host, port, adminHost, adminPort }: Listening, given: GivenOptions): Fault[] {
  if (socket || port === undefined || port === 0 || port !== adminPort) return [];
  if (host !== adminHost && listenName(host) !== listenName(adminHost)) return [];
  return [
    {
      place: placeOf(given, 'adminPort'),
      value: String(adminPort),
      reason: 'is also the port of the edge',
      write: 'another port: admin is never served on the public port',
    },
  ];
}

/** One form for each address to listen on. `--host` takes IPv6 without brackets. */
const listenName = (host: string | undefined): string =>
  host?.includes(':') ? hostName(`[${host}]`) : hostName(host ?? '');

/** A Unix socket has no address and no port. */
function besideSocket({ socket }: Listening, given: GivenOptions): Fault[] {
  if (!socket) return [];
  return (['host', 'port'] as const).flatMap((name) => {
    const beside = given[name];
    return beside === undefined
      ? []
      : {
          place: beside.place,
          ...shown(name, beside.text),
          reason: 'has no meaning beside a Unix socket',
          write: `nothing, or leave ${placeOf(given, 'socket')} out`,
        };
  });
}

/** The token would be dropped silently, or the option that opens the port. */
const openAndGuarded = ({ dangerouslyOpenAdmin, adminToken }: Listening, given: GivenOptions): Fault[] =>
  dangerouslyOpenAdmin && adminToken
    ? [
        {
          place: placeOf(given, 'dangerouslyOpenAdmin'),
          value: 'true',
          reason: `contradicts ${placeOf(given, 'adminToken')}, without which no request is answered`,
          write: 'one of the two',
        },
      ]
    : [];

/** A certificate needs its key, and a key its certificate. */
function halfPairs(config: Listening, given: GivenOptions): Fault[] {
  const half = (name: WithoutDefault, other: WithoutDefault, write: string): Fault[] =>
    config[name] === null && typeof config[other] === 'string'
      ? [{ place: placeOf(given, name), reason: `is missing beside ${placeOf(given, other)}`, write }]
      : [];
  return [
    ...half('tlsCert', 'tlsKey', 'the path of the certificate in PEM'),
    ...half('tlsKey', 'tlsCert', 'the path of its key in PEM'),
  ];
}
