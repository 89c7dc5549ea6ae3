import { readdir, readFile } from 'node:fs/promises';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { OPTION_NAMES, OPTIONS } from '../../src/config/options.ts';
import { readConfig } from '../../src/config/read.ts';
import { fromVariables } from '../../src/config/variables.ts';
import { readDocument } from '../../src/document/read.ts';
import { readYaml, recipe } from './_recipes.ts';

/** The kinds of the manifests, with the schemas of their APIs. */
const MODELS = {
  Deployment,
  NetworkPolicy,
  PodDisruptionBudget,
  ConfigMap,
  Namespace,
  Secret,
  Service,
  PodMonitor,
} as const;

interface Manifest {
  readonly kind: keyof typeof MODELS;
  readonly metadata: { readonly name: string };
}

const KUBERNETES = (await readdir(recipe('kubernetes'))).filter((name) => name !== 'kustomization.yaml');

const manifestsOf = async (name: string) => (await readYaml(`kubernetes/${name}`)) as readonly Manifest[];

function faultOf(manifest: Manifest): string | null {
  try {
    new MODELS[manifest.kind](manifest as never).validate();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe.each(KUBERNETES)('kubernetes/%s', (name) => {
  test('fits the schemas of its kinds', async () => {
    for (const manifest of await manifestsOf(name)) {
      expect(Object.keys(MODELS)).toContain(manifest.kind);
      expect(faultOf(manifest), `${manifest.kind} ${manifest.metadata.name}`).toBeNull();
    }
  });

  test('fits them no more with a field of the wrong type', async () => {
    for (const manifest of await manifestsOf(name)) {
      const wrong = { ...manifest, metadata: { ...manifest.metadata, labels: 5 } } as unknown as Manifest;
      expect(faultOf(wrong), manifest.kind).not.toBeNull();
    }
  });
});

test('kustomization.yaml names every file but the sidecar, which stands for itself', async () => {
  const [kustomization] = (await readYaml('kubernetes/kustomization.yaml')) as [{ resources: string[] }];
  expect(kustomization.resources.toSorted()).toEqual(
    KUBERNETES.filter((name) => name !== 'sidecar.yaml').toSorted(),
  );
});

interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly securityContext: Record<string, unknown>;
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

const podOf = async (name: string): Promise<PodSpec> => {
  const found = (await manifestsOf(name)).find(({ kind }) => kind === 'Deployment');
  return (found as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
};

const EDGES: readonly (readonly [string, (pod: PodSpec) => Container | undefined])[] = [
  ['edge.yaml', ({ containers }) => containers[0]],
  ['sidecar.yaml', ({ initContainers = [] }) => initContainers[0]],
];

describe.each(EDGES)('the edge of kubernetes/%s', (name, pick) => {
  const edge = async (): Promise<Container> => {
    const container = pick(await podOf(name));
    if (container?.name !== 'edge') throw new Error('no edge');
    return container;
  };
  const variables = async () =>
    Object.fromEntries(((await edge()).env ?? []).map(({ name: variable, value }) => [variable, value]));

  test('is configured without a fault', async () => expectConfigured(await variables()));

  test('asks each probe for what it is for, at the admin port', async () => {
    const { startupProbe, readinessProbe, livenessProbe, ports = [] } = await edge();
    const admin = ports.find(({ containerPort }) => containerPort === 8081)?.name;
    expect(startupProbe?.httpGet).toEqual({ path: '/readyz', port: admin });
    expect(readinessProbe?.httpGet).toEqual({ path: '/readyz?serving', port: admin });
    expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port: admin });
  });

  test('may take as long to end as it is configured to', async () => {
    const read = readConfig(fromVariables(await variables()));
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    const { terminationGracePeriodSeconds } = await podOf(name);
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      read.value.shutdownDelay + read.value.drain,
    );
  });

  test('runs with no right that it does not need', async () => {
    expect((await edge()).securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });
});

test('the sidecar is a native one', async () => {
  const { initContainers = [] } = await podOf('sidecar.yaml');
  expect(initContainers).toMatchObject([{ name: 'edge', restartPolicy: 'Always' }]);
});

test.each(['kubernetes/rules.yaml', 'docker/rules/cors.xml'])(
  'the rules of %s are read strictly',
  async (path) => {
    const text = path.endsWith('.xml')
      ? await readFile(recipe(path), 'utf8')
      : ((await readYaml(path)) as [{ data: { 'cors.xml': string } }])[0].data['cors.xml'];
    expect(readDocument(text, 'strict')).toMatchObject({ ok: true, warnings: [] });
  },
);

interface Compose {
  readonly services: {
    readonly edge: { readonly environment: Record<string, string | null> } & Record<string, unknown>;
  };
}

describe('docker/compose.yaml', () => {
  const read = async () => ((await readYaml('docker/compose.yaml')) as [Compose])[0].services.edge;

  test('configures the edge without a fault', async () => {
    const { environment } = await read();
    expectConfigured(
      Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, text ?? 'x'])),
    );
  });

  test('runs with a read-only root, without capabilities, and gives the edge time to drain', async () => {
    expect(await read()).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      stop_grace_period: '30s',
      environment: { DRAIN: '20s' },
    });
  });
});

test('systemd/bucket-cors.env is configured without a fault', async () => {
  const text = await readFile(recipe('systemd/bucket-cors.env'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expectConfigured(
    Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  );
});

/** Whether every variable is an option, or has keys, and all are read without a fault. */
function expectConfigured(variables: Readonly<Record<string, string>>): void {
  const known: readonly string[] = OPTION_NAMES.map((name) => OPTIONS[name].variable);
  const others = Object.keys(variables).filter((name) => !known.includes(name));
  expect(others.filter((name) => !/^OSS_ACCESS_KEY_(?:ID|SECRET)$/.test(name))).toEqual([]);
  const read = readConfig(fromVariables(variables));
  expect(read).toMatchObject({ ok: true, value: { bucket: { kind: 'http' } } });
}
