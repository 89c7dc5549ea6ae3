import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../scripts/schema.ts';
import { FILE_OPTIONS } from '../../src/config/file.ts';
import { BUCKET_OPTIONS } from '../../src/config/options.ts';
import { ROUTE_KEYS } from '../../src/config/route.ts';
import { STORE_KEYS, STORE_OPTIONS } from '../../src/config/store.ts';

const published = new URL('../../bucket-cors.schema.json', import.meta.url);

// `UPDATE=1 npx vitest run test/config/schema.test.ts` writes it.
test('the published schema is the one generated from the options', () => {
  const text = `${JSON.stringify(configSchema(), null, 2)}\n`;
  if (process.env.UPDATE === '1') writeFileSync(published, text);
  expect(readFileSync(published, 'utf8')).toBe(text);
});

test('the schema has every key that readConfigFile accepts', () => {
  const { properties } = configSchema();
  expect(Object.keys(properties)).toEqual(['$schema', ...FILE_OPTIONS, 'buckets', 'store']);
  expect(Object.keys(properties.buckets.additionalProperties.properties)).toEqual([
    ...BUCKET_OPTIONS,
    ...ROUTE_KEYS,
  ]);
  expect(Object.keys(properties.store.properties)).toEqual([...STORE_OPTIONS, ...STORE_KEYS]);
});
