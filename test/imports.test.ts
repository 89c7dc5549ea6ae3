import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { circles, sourceFiles, violations } from '../scripts/imports.ts';

const found = (path: string, text: string) => violations(new Map([[path, text]]));

describe('the imports of src (docs/architecture.md, "Who may import whom")', () => {
  test('follow the table', () => {
    const files = sourceFiles(fileURLToPath(new URL('..', import.meta.url)));
    expect([...files.keys()]).toContain('src/cors/decide.ts');
    expect(violations(files)).toEqual([]);
  });

  test.each([
    ['a file uses any file of its folder', 'src/cors/decide.ts', './rule.ts'],
    ['a wing uses a shared file beside the wings', 'src/node/demo/page.ts', '../start-fault.ts'],
    ['a wing uses a wing of its list', 'src/node/transport/send.ts', '../server/abort.ts'],
    ['a file beside the wings uses every wing', 'src/node/start.ts', './cluster/primary.ts'],
    ['analysis uses cors', 'src/analysis/model.ts', '../cors/compile.ts'],
    ['document uses cors', 'src/document/xml.ts', '../cors/rule.ts'],
    ['rules uses cors', 'src/rules/cache.ts', '../cors/compile.ts'],
    ['rules uses document', 'src/rules/cache.ts', '../document/xml.ts'],
    ['rules uses bucket', 'src/rules/load.ts', '../bucket/cause.ts'],
    ['bucket uses document', 'src/bucket/address.ts', '../document/xml.ts'],
    ['config uses rules', 'src/config/schema.ts', '../rules/source.ts'],
    ['config uses bucket', 'src/config/schema.ts', '../bucket/address.ts'],
    ['edge uses bucket', 'src/edge/object.ts', '../bucket/headers.ts'],
    ['admin uses rules', 'src/admin/refresh.ts', '../rules/cache.ts'],
    ['node uses edge', 'src/node/frontend.ts', '../edge/app.ts'],
    ['cloudflare uses config', 'src/cloudflare/entry.ts', '../config/read.ts'],
    ['cli uses node', 'src/cli/serve.ts', '../node/start.ts'],
    ['open uses edge', 'src/open/bucket.ts', '../edge/route.ts'],
    ['open uses config', 'src/open/signer.ts', '../config/spell.ts'],
    ['index uses edge', 'src/index.ts', './edge/app.ts'],
    ['index uses config', 'src/index.ts', './config/schema.ts'],
    ['edge uses a package of every runtime', 'src/edge/app.ts', 'hono'],
    ['rules uses a package of every runtime', 'src/rules/cache.ts', 'lru-cache'],
    ['node uses undici', 'src/node/transport.ts', 'undici'],
    ['node uses node: modules', 'src/node/demo/server.ts', 'node:http'],
    ['cli uses node: modules', 'src/cli/serve.ts', 'node:fs/promises'],
    ['a package whose name begins like one of Node', 'src/edge/app.ts', 'undici-like'],
  ])('are allowed: %s', (_, path, from) => {
    expect(found(path, `import { x } from '${from}';\n`)).toEqual([]);
  });

  test.each([
    ['cors uses document', 'src/cors/lint.ts', '../document/fault.ts', 'cors/ may not import document/'],
    ['cors uses analysis', 'src/cors/compile.ts', '../analysis/reach.ts', 'cors/ may not import analysis/'],
    ['analysis uses rules', 'src/analysis/diff.ts', '../rules/source.ts', 'analysis/ may not import rules/'],
    ['cors uses a package', 'src/cors/lint.ts', 'hono', 'cors/ may not import any package'],
    ['cors uses node: modules', 'src/cors/lint.ts', 'node:fs', 'cors/ may not import any package'],
    ['document uses rules', 'src/document/xml.ts', '../rules/source.ts', 'document/ may not import rules/'],
    ['bucket uses rules', 'src/bucket/sign.ts', '../rules/source.ts', 'bucket/ may not import rules/'],
    ['config uses edge', 'src/config/schema.ts', '../edge/app.ts', 'config/ may not import edge/'],
    ['edge uses admin', 'src/edge/app.ts', '../admin/app.ts', 'edge/ may not import admin/'],
    ['admin uses edge', 'src/admin/app.ts', '../edge/app.ts', 'admin/ may not import edge/'],
    ['open uses admin', 'src/open/bucket.ts', '../admin/app.ts', 'open/ may not import admin/'],
    ['open uses node', 'src/open/bucket.ts', '../node/start.ts', 'open/ may not import node/'],
    ['edge uses open', 'src/edge/app.ts', '../open/bucket.ts', 'edge/ may not import open/'],
    ['open uses node: modules', 'src/open/token.ts', 'node:fs', "open/ may not import Node's own modules"],
    ['edge uses config', 'src/edge/app.ts', '../config/schema.ts', 'edge/ may not import config/'],
    ['edge uses node', 'src/edge/app.ts', '../node/server.ts', 'edge/ may not import node/'],
    ['index uses node', 'src/index.ts', './node/server.ts', 'src/ may not import node/'],
    ['index uses cloudflare', 'src/index.ts', './cloudflare/entry.ts', 'src/ may not import cloudflare/'],
    ['index uses cli', 'src/index.ts', './cli/serve.ts', 'src/ may not import cli/'],
    ['edge uses index', 'src/edge/app.ts', '../index.ts', 'edge/ may not import src/'],
    ['edge leaves src', 'src/edge/app.ts', '../../test/helpers/rules.ts', 'a file outside src/'],
    ['a path with ..', 'src/cors/lint.ts', '../cors/../edge/app.ts', 'cors/ may not import edge/'],
    ['rules uses node: modules', 'src/rules/file.ts', 'node:fs', "rules/ may not import Node's own modules"],
    [
      'cloudflare uses node: modules',
      'src/cloudflare/entry.ts',
      'node:fs',
      "cloudflare/ may not import Node's own modules",
    ],
    ['index uses node: modules', 'src/index.ts', 'node:fs', "src/ may not import Node's own modules"],
    ['a module of Node without node:', 'src/edge/app.ts', 'fs', "edge/ may not import Node's own modules"],
    ['a submodule of Node without node:', 'src/edge/app.ts', 'fs/promises', "Node's own modules"],
    ['edge uses undici', 'src/edge/app.ts', 'undici', 'runs on Node only'],
    ['admin uses prom-client', 'src/admin/metrics.ts', 'prom-client', 'runs on Node only'],
    ['edge uses pino', 'src/edge/log.ts', 'pino', 'runs on Node only'],
    ['edge uses send', 'src/edge/file.ts', 'send', 'runs on Node only'],
    [
      'edge uses a submodule of @hono/node-server',
      'src/edge/app.ts',
      '@hono/node-server/utils',
      'runs on Node only',
    ],
    ['a folder without a rule', 'src/lib/x.ts', '../cors/rule.ts', 'no rule says what lib/ may import'],
    [
      'a wing uses a wing outside its list',
      'src/node/server/listen.ts',
      '../transport/pools.ts',
      'node/server/ may not import node/transport',
    ],
    [
      'a shared file beside the wings uses a wing',
      'src/node/reach.ts',
      './server/abort.ts',
      'node/reach.ts may not import node/server',
    ],
    [
      'a wing without a rule',
      'src/node/lib/x.ts',
      '../server/abort.ts',
      'no rule says what node/lib/ may import',
    ],
    ['edge uses a folder without a rule', 'src/edge/app.ts', '../lib/x.ts', 'edge/ may not import lib/'],
  ])('are refused: %s', (_, path, from, reason) => {
    const [only, ...others] = found(path, `import { x } from '${from}';\n`);
    expect(only).toMatch(new RegExp(`^${path}:1: `));
    expect(only).toContain(reason);
    expect(only).toContain(`(${from})`);
    expect(others).toEqual([]);
  });

  test.each([
    ['import type', `import type { X } from '../edge/app.ts';`],
    ['a type in an import list', `import { type X } from '../edge/app.ts';`],
    ['a default import', `import app from "../edge/app.ts";`],
    ['a default and a namespace', `import app, * as rest from '../edge/app.ts'`],
    ['an import for its effect', `import '../edge/app.ts';`],
    ['an import without spaces', `import{x}from'../edge/app.ts'`],
    ['export from', `export { x } from '../edge/app.ts';`],
    ['export everything', `export * from '../edge/app.ts';`],
    ['export everything as a namespace', `export * as edge from '../edge/app.ts';`],
    ['export type', `export type { X } from '../edge/app.ts';`],
    ['an import with attributes', `import data from '../edge/data.json' with { type: 'json' };`],
    ['a dynamic import', `const app = await import('../edge/app.ts');`],
    ['a dynamic import in a template', 'const app = await import(`../edge/app.ts`);'],
    ['an inline import type', `let app: import('../edge/app.ts').App;`],
  ])('are found in the form of %s', (_, statement) => {
    const text = `// first line\n${statement}\nexport const x = 1;\n`;
    expect(found('src/rules/cache.ts', text)).toHaveLength(1);
    expect(found('src/rules/cache.ts', text)[0]).toMatch(/^src\/rules\/cache\.ts:2: .*edge\//);
  });

  test('are found over several lines with comments, and reported by the line of the path', () => {
    const text = `import {\n  one, // the 'first'\n  /* and */ two,\n} from '../edge/app.ts';\n`;
    expect(found('src/rules/cache.ts', text)).toEqual([
      'src/rules/cache.ts:4: rules/ may not import edge/ (../edge/app.ts)',
    ]);
  });

  test('are reported one by one', () => {
    const text = `import a from '../edge/app.ts';\nimport b from '../cors/rule.ts';\nimport c from 'node:fs';\n`;
    expect(found('src/rules/cache.ts', text)).toHaveLength(2);
  });

  test('with a computed name are refused, except in folders that may import everything', () => {
    for (const text of [
      'await import(name)',
      `await import('../edge/' + name)`,
      `await import(\`../\${name}/app.ts\`)`,
    ]) {
      expect(found('src/edge/app.ts', text)).toHaveLength(1);
      expect(found('src/node/server.ts', text)).toEqual([]);
    }
  });

  test.each([
    ['a line comment', `// import { x } from '../edge/app.ts';`],
    [
      'a documentation comment',
      `/**\n * import { x } from '../edge/app.ts';\n * {@link import('../edge/app.ts')}\n */`,
    ],
    ['a string with the text of an import', `const text = "import x from '../edge/app.ts'";`],
    ['a call of another function', `reimport('../edge/app.ts');`],
    ['an export of a constant', `export const from = '../edge/app.ts';`],
  ])('are not found in %s', (_, text) => {
    expect(found('src/rules/cache.ts', text)).toEqual([]);
  });
});

describe('circles of imports', () => {
  const circlesOf = (files: Record<string, string>) =>
    circles(
      new Map(
        Object.entries(files).map(([path, imported]) => [
          path,
          imported
            .split(' ')
            .filter(Boolean)
            .map((name) => `import type { X } from './${name}.ts';\n`)
            .join(''),
        ]),
      ),
    );

  test('do not exist in the sources', () => {
    expect(circles(sourceFiles(fileURLToPath(new URL('..', import.meta.url))))).toEqual([]);
  });

  test('are found, each once, also where only types are imported', () => {
    expect(circlesOf({ 'src/a.ts': 'b', 'src/b.ts': 'c', 'src/c.ts': 'a d', 'src/d.ts': '' })).toEqual([
      'src/a.ts → src/b.ts → src/c.ts → src/a.ts',
    ]);
  });

  test('are not seen where two files import a third', () => {
    expect(circlesOf({ 'src/a.ts': 'c', 'src/b.ts': 'a c', 'src/c.ts': '' })).toEqual([]);
  });
});
