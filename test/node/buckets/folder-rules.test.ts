import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../helpers/until.ts';
import { configOf, startEdge } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';

const allowedTo = async (edge: Awaited<ReturnType<typeof startEdge>>, origin: string) =>
  (await edge.call('/a.txt', { headers: { origin } })).headers['access-control-allow-origin'] === origin;

test('an edit of the rules beside a folder is in force at once, and so are rules that appear', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'bucket-cors-folder-rules-'));
  const folder = join(parent, 'files');
  const document = `${folder}.cors.xml`;
  await mkdir(folder);
  await writeFile(join(folder, 'a.txt'), 'a');
  // Longer than the test: only the watch can load the rules again.
  const edge = await startEdge(configOf({ bucket: folder, rulesTtl: '1h' }));
  try {
    expect(await allowedTo(edge, 'https://a.example')).toBe(false);
    await writeFile(document, rulesFor('https://a.example'));
    await until('the new rules are in force', () => allowedTo(edge, 'https://a.example'), 10_000);
    await writeFile(document, rulesFor('https://b.example'));
    await until('the edited rules are in force', () => allowedTo(edge, 'https://b.example'), 10_000);
    await rm(document);
    await until('no rules are in force', async () => !(await allowedTo(edge, 'https://b.example')), 10_000);
  } finally {
    await edge.close();
    await rm(parent, { recursive: true, force: true });
  }
});
