import { expect, test } from 'vitest';
import { dashboard } from './_prometheus.ts';

test('the dashboard imports into any Grafana from version 10: its data source is a variable, and no panels overlap', async () => {
  const { schemaVersion, templating, panels } = await dashboard();
  expect(schemaVersion).toBe(38);
  expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'bucket']);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const source = { type: 'prometheus', uid: '\u0024{datasource}' };
  const taken = new Set<string>();
  for (const { type, datasource, targets = [], gridPos } of panels) {
    if (type !== 'row')
      expect([datasource, ...targets.map((target) => target.datasource)]).toContainEqual(source);
    for (const target of targets) expect(target.datasource).toEqual(source);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken).not.toContain(`${x} ${y}`);
        taken.add(`${x} ${y}`);
      }
    }
  }
});
