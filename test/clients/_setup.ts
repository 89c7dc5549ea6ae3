import type { TestProject } from 'vitest/node';
import build from '../cloudflare/_build.ts';
import { type Gateway, startGateway } from '../rgw/_gateway.ts';
import { program } from '../rgw/_programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null: Ceph is not installed on this machine. */
    s3Gateway: Gateway | null;
  }
}

const CEPH = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool'];
const INSTALL = 'apt-get install radosgw ceph-mon ceph-osd ceph-common';

/** Builds the Worker and starts one gateway for all test files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [built, started] = await Promise.allSettled([build(project), startIfInstalled()]);
  if (built.status === 'rejected') {
    if (started.status === 'fulfilled') await started.value?.stop();
    throw built.reason;
  }
  if (started.status === 'rejected') {
    await built.value();
    throw started.reason;
  }
  const [removeBuilt, gateway] = [built.value, started.value];
  const { stop, ...about } = gateway ?? { stop: async () => undefined };
  project.provide('s3Gateway', 'url' in about ? about : null);
  return async () => {
    await stop();
    await removeBuilt();
  };
}

/** With CI=true the start fails where Ceph is missing. */
async function startIfInstalled() {
  try {
    for (const name of CEPH) program(name);
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    console.warn(`Rows with a Ceph gateway are skipped: ${String(error)}. ${INSTALL}`);
    return null;
  }
  return startGateway();
}
