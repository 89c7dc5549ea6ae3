import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { nginx } from '../../src/export/nginx/nginx.ts';
import { quoted } from '../../src/export/nginx/text.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const rulesOf = (
  rules: readonly Rule[],
  dialect: 'oss' | 's3' = 'oss',
  responseVary = false,
): CompiledRules => compileRules({ rules, responseVary }, behaviourOf(dialect));

const APP = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET', 'PUT'] });

function textsOf(rules: CompiledRules, given = {}): { readonly maps: string; readonly location: string } {
  const [maps, location] = writtenFor(nginx, rules, given).files;
  return { maps: maps?.text ?? '', location: location?.text ?? '' };
}

/** The lines of a map, without the first and the last. */
const mapOf = (maps: string, variable: string): string =>
  new RegExp(`^map .* \\$${variable} \\{\\n(.*?)\\n\\}`, 'ms').exec(maps)?.[1] ?? '';

describe('facts about nginx', () => {
  test('a map ignores case: origins with capitals are regular expressions, and stop the look-up of others', () => {
    const { maps } = textsOf(
      rulesOf([{ ...APP, allowedOrigins: ['https://app.example', 'https://App.example'] }]),
    );
    const listed = mapOf(maps, 'cors__listed');
    expect(listed).toContain('"https://app.example" o1;');
    expect(listed).not.toContain('App');
    expect(mapOf(maps, 'cors__who')).toMatch(
      /"~\^https:\/\/App\\\.example\$" o2;\s+"~\[A-Z\]" +"";\s+default +\$cors__listed;/,
    );
  });

  test('a preflight is allowed only if origin and method have the right case', () => {
    const usual = mapOf(textsOf(rulesOf([APP])).maps, 'cors__usual_1');
    expect(usual).toContain('"~^[A-Z]+ [^A-Z,]*,$"');
    expect(usual).toContain('"~^(?![A-Z]+ [^A-Z,]*,)"');
  });

  test('an origin that the hash does not take is a regular expression with everything escaped', () => {
    const long = `https://${'a'.repeat(40)}.example`;
    const { maps } = textsOf(rulesOf([{ ...APP, allowedOrigins: [long] }]));
    expect(mapOf(maps, 'cors__listed')).toContain(`"~^https://${'a'.repeat(40)}\\.example$" o1;`);
    for (const key of maps.matchAll(/^ {4}"([^~"][^"]*)"/gm)) expect(key[1]?.length).toBeLessThanOrEqual(46);
  });

  test('an origin is data: quotation marks, braces, variables and keywords end nothing', () => {
    const odd = ['https://a$b.example"\'{}|^`%\\', 'default', 'include', '~x', '\\n'];
    const listed = mapOf(textsOf(rulesOf([{ ...APP, allowedOrigins: odd }])).maps, 'cors__listed');
    expect(listed).toContain('"https://a$b.example\\"\'{}|^`%\\\\" o1;');
    for (const key of [
      String.raw`"\default"`,
      String.raw`"\include"`,
      String.raw`"\~x"`,
      String.raw`"\\\\n"`,
    ])
      expect(listed).toContain(key);
  });

  test('an escape is written only where nginx would take the backslash away', () => {
    expect(quoted('\\.')).toBe('"\\."');
    expect(quoted('\\n')).toBe('"\\\\n"');
    expect(quoted('\\')).toBe('"\\\\"');
    expect(quoted('a"b')).toBe('"a\\"b"');
  });

  test('a wildcard matches whole origins, and its ends do not overlap', () => {
    const { maps } = textsOf(rulesOf([{ ...APP, allowedOrigins: ['ab*ba'] }]));
    expect(mapOf(maps, 'cors__unlisted')).toContain('"~^ab[^\\s,]*ba$" w1;');
  });

  test('a list of origins reaches no rule', () => {
    const { maps } = textsOf(rulesOf([{ ...APP, allowedOrigins: ['*'] }]));
    expect(mapOf(maps, 'cors__unlisted')).toMatch(/""\s+none;\s+"~\[\\s,\]" list;\s+default\s+other;/);
  });

  test('add_header in a block drops all outer ones: each block that answers has all, and Vary', () => {
    const { location } = textsOf(rulesOf([{ ...APP, exposeHeaders: ['ETag'], maxAgeSeconds: 60 }]));
    const blocks = [...location.matchAll(/^if .*?^\}/gms)].map(([text]) => text);
    expect(blocks).toHaveLength(4);
    for (const block of blocks)
      expect(block).toContain(
        '"Origin, Access-Control-Request-Headers, Access-Control-Request-Method" always;',
      );
    for (const name of ['Allow-Origin', 'Allow-Methods', 'Expose-Headers', 'Max-Age'])
      expect(blocks.at(-1)).toContain(`Access-Control-${name}`);
  });

  test('errors are bare without always', () => {
    for (const { rules } of ruleSets()) {
      const lines = textsOf(rules).location.match(/^ *add_header .*/gm) ?? [];
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/ always;$/);
    }
  });

  test('an empty value sends no line: the maps of headers have no default', () => {
    const { maps } = textsOf(
      rulesOf([
        { ...APP, maxAgeSeconds: 60 },
        { ...APP, allowedMethods: ['HEAD'] },
      ]),
    );
    expect(mapOf(maps, 'cors__max_age').trim()).toBe('r1 60;');
  });

  test('each Access-Control name is hidden by itself, and not sent to the bucket', () => {
    const { location } = textsOf(rulesOf([APP]));
    for (const name of [
      'Allow-Origin',
      'Allow-Methods',
      'Allow-Headers',
      'Allow-Credentials',
      'Expose-Headers',
    ])
      expect(location).toContain(`proxy_hide_header Access-Control-${name};`);
    for (const name of ['Max-Age', 'Allow-Private-Network', 'Request-Method', 'Request-Headers'])
      expect(location).toContain(`proxy_hide_header Access-Control-${name};`);
    expect(location).toContain('proxy_hide_header Vary;');
    expect(location).toMatch(/proxy_set_header {2}Origin +"";/);
    expect(location).toMatch(/proxy_set_header {2}Access-Control-Request-Method +"";/);
    expect(location).toMatch(/proxy_set_header {2}Access-Control-Request-Headers +"";/);
  });

  test("the bucket's Vary loses Origin, and gets it where answers differ by it", () => {
    const vary = (responseVary: boolean) =>
      mapOf(textsOf(rulesOf([APP], 'oss', responseVary)).maps, 'cors__vary');
    expect(vary(false)).toMatch(/"GET " +Origin;/);
    expect(vary(false)).toMatch(/"POST " +"";/);
    expect(vary(false)).toMatch(/"OPTIONS " +"Origin, Access-Control-Request-Headers, /);
    expect(vary(false)).toMatch(/ "\$1\$2\$3\$4";$/);
    expect(vary(true)).toMatch(/"POST " +Origin;/);
    expect(vary(true)).toMatch(/default +Origin;/);
  });

  test('a value has no escape for $: a geo gives it', () => {
    const rules = rulesOf([{ ...APP, exposeHeaders: ['x-$host'] }]);
    const { maps, location } = textsOf(rules);
    expect(maps).toContain('geo $cors__dollar { default "$"; }');
    expect(mapOf(maps, 'cors__expose').trim()).toBe(`r1 "x-\${cors__dollar}host";`);
    expect(location).toContain(`"x-\${cors__dollar}host" always;`);
  });

  test('every OPTIONS is a preflight with a status of the store', () => {
    expect(mapOf(textsOf(rulesOf([APP])).maps, 'cors__bad_method')).toMatch(
      /"" +no_method;\s+default +not_allowed;/,
    );
    expect(mapOf(textsOf(rulesOf([APP], 's3')).maps, 'cors__bad_method')).toMatch(
      /"~\^\(\?:GET\|PUT\|DELETE\|POST\|HEAD\)\$" not_allowed;\s+default +unknown_method;/,
    );
  });

  test('a method whose answer is the same for every origin is decided without the origin', () => {
    const { maps } = textsOf(rulesOf([rule({ allowedOrigins: ['*'], allowedMethods: ['GET'] })]));
    expect(mapOf(maps, 'cors__rule')).toMatch(/OPTIONS \$cors__asked;\s+GET +r1;$/);
    expect(maps).not.toContain('$cors__who');
  });

  test('names begin with the name of the export', () => {
    const { maps, location } = textsOf(rulesOf([APP]), { name: 'media' });
    for (const [, variable] of `${maps}${location}`.matchAll(/(?<=[{ ])\$([a-z]\w+)/g))
      expect(variable).toMatch(/^(?:media_|http_|request_method|upstream_http_vary)/);
    expect(writtenFor(nginx, rulesOf([APP]), { name: 'media' }).files.map(({ name }) => name)).toEqual([
      'media.conf',
      'media.location.inc',
    ]);
  });

  test.each(['upstream_http', 'Upstream_HTTP', 'http', 'sent_http', 'arg_x', 'cookie', 'proxy_add_x'])(
    'the name %s begins no variable of nginx',
    (name) => {
      const { maps } = textsOf(rulesOf([APP]), { name });
      expect(maps).toContain(` $_${name}__vary {`);
      expect(maps).not.toMatch(new RegExp(`\\$${name}_\\w+ \\{$`, 'mi'));
    },
  );

  test('no variable of a name is one of another name that begins with it', () => {
    const wild = ['https://a.example', 'https://*.b.example'];
    const rules = rulesOf([
      { ...APP, allowedOrigins: wild, allowedHeaders: ['x'] },
      { ...APP, allowedOrigins: ['https://b.*'], exposeHeaders: ['x-$'] },
    ]);
    const variables = (name: string) =>
      [...textsOf(rules, { name }).maps.matchAll(/ \$(\w+) \{/g)].map(([, variable]) => variable);
    const own = variables('a').map((variable) => variable?.slice('a__'.length));
    expect(own).toContain('open_asked');
    const others = [...own, '', '_'].flatMap((more) => [`a_${more}`, `a__${more}`]).flatMap(variables);
    expect(others.filter((variable) => variables('a').includes(variable))).toEqual([]);
  });

  test('a refusal says which header is missing, with the type of its body', () => {
    const { location } = textsOf(rulesOf([APP]));
    expect(location).toContain('types {}\ndefault_type application/xml;');
    expect(location).toMatch(/= no_origin\) \{[^}]*return 400 "[^"]*Origin request header needed/);
    expect(location).toMatch(/= no_method\) \{[^}]*return 400 "[^"]*Access-Control-Request-Method/);
    expect(location).toMatch(/= not_allowed\) \{[^}]*return 403 "[^"]*CORSResponse: /);
    expect(textsOf(rulesOf([])).location).toContain('CORS is not enabled');
  });

  test('one rule of one origin has no map that only passes on', () => {
    const { maps } = textsOf(rulesOf([APP]));
    expect(maps.match(/^map /gm)).toHaveLength(11);
    expect(maps).not.toMatch(/\{\s+default \S+\s+\}/);
  });

  test('names like those of nginx stay', () => {
    for (const name of ['https', 'media_http', 'argo', 'upstreams'])
      expect(textsOf(rulesOf([APP]), { name }).maps).toContain(` $${name}__vary {`);
  });

  test('a name is never more than a name', () => {
    const { maps } = textsOf(rulesOf([APP]), { name: '1a\n}\nload_module x; #' });
    expect(maps).not.toMatch(/^load_module/m);
    expect(maps).toContain('$_1a___load_module_x_____rule {');
  });
});

describe('a hundred rules for one origin and method', () => {
  const rules = rulesOf(
    Array.from({ length: 100 }, (_, at) => ({
      ...APP,
      allowedOrigins: ['https://app.example', 'https://APP.example', 'https://*.app.example'],
      allowedHeaders: [`x-${at}`],
      exposeHeaders: [`x-$${at}`],
      maxAgeSeconds: at,
    })),
    's3',
  );
  const maps = (name: string) =>
    [...textsOf(rules, { name }).maps.matchAll(/^(?:map [^\n]*|geo) \$(\w+) (\{.*?\})$/gms)].map(
      ([, variable = '', rows = '']) => ({ variable, rows }),
    );

  // nginx does not start: "could not build variables_hash, you should increase variables_hash_bucket_size: 64".
  test.each(['m'.repeat(32), `upstream_${'m'.repeat(23)}`])(
    '%s begins no variable too long for the hash',
    (name) => {
      const variables = maps(name).map(({ variable }) => variable);
      expect(variables.length).toBeGreaterThan(15);
      expect(variables.filter((variable) => variable.length > 46)).toEqual([]);
    },
  );

  // nginx takes the 101st variable for empty, so that a preflight is allowed that no rule allows.
  test('nest few variables', () => {
    const found = new Map(maps('cors').map(({ variable, rows }) => [variable, rows]));
    const depthOf = (variable: string): number => {
      const used = [...(found.get(variable) ?? '').matchAll(/\$(cors__\w+)/g)];
      return 1 + Math.max(0, ...used.map(([, one = '']) => depthOf(one)));
    };
    expect(depthOf('cors__rule')).toBeGreaterThan(3);
    expect(depthOf('cors__rule')).toBeLessThan(40);
  });
});

describe('an export for nginx', () => {
  test('names no file: the operator names them', () => {
    for (const { name, use, text } of writtenFor(nginx, rulesOf([APP]), { name: 'media' }).files)
      expect(`${use}\n${text}`).not.toContain(name.replace(/^media/, ''));
  });

  test('is equal without AllowedHeader, else the verdict is the same', () => {
    expect(writtenFor(nginx, rulesOf([APP])).grade).toBe('equal');
    const allows = writtenFor(nginx, rulesOf([{ ...APP, allowedHeaders: ['*'] }]));
    expect(allows.grade).toBe('same verdict');
    expect(allows.notes.map(({ about }) => about).join(' ')).toContain('lower case');
  });

  test.each(['Vary', 'Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers', '103'])(
    'has a note about %s, where nginx reads less than it was sent',
    (what) => {
      const notes = writtenFor(nginx, rulesOf([APP])).notes.map(({ about }) => about);
      expect(notes.filter((about) => /^nginx (?:before|takes)/.test(about)).join(' ')).toContain(what);
    },
  );

  test('shares what rules have in common', () => {
    const alike = Array.from({ length: 20 }, (_, at) => ({
      ...APP,
      allowedOrigins: [`https://a${at}.example`],
    }));
    const { maps } = textsOf(rulesOf(alike));
    expect(maps).toContain('rules 1, 2, 3');
    expect(maps.match(/^map /gm)?.length).toBe(textsOf(rulesOf([APP])).maps.match(/^map /gm)?.length);
  });

  test('is read back, and its edits are noticed', () => {
    for (const { rules } of ruleSets())
      for (const { text } of writtenFor(nginx, rules).files) {
        const read = nginx.read(text);
        expect(read).toMatchObject({ ok: true, value: { isEdited: false, isExact: true } });
        if (read.ok) expect(read.value.rules.rules).toEqual(rules.rules.map(({ rule: one }) => one));
        expect(nginx.read(text.replace(/always;|default/, 'x'))).toMatchObject({ value: { isEdited: true } });
      }
  });

  test('has no token that nginx cannot read', () => {
    const names = Array.from({ length: 400 }, (_, at) => `x-header-number-${at}`);
    const long = rulesOf([
      { ...APP, allowedHeaders: names },
      { ...APP, allowedMethods: ['HEAD'] },
    ]);
    expect(nginx.compile(long, exportOptions())).toMatchObject({ ok: false, refused: [{ rules: [1] }] });
    const narrower = nginx.compile(long, exportOptions({ allowNarrower: true }));
    expect(narrower).toMatchObject({ ok: true, lost: [{ rules: [1], methods: ['GET', 'PUT'] }] });
    if (narrower.ok) expect(narrower.enforced.rules).toHaveLength(1);
    const value = rulesOf([{ ...APP, exposeHeaders: ['x'.repeat(4_000)] }]);
    expect(nginx.compile(value, exportOptions())).toMatchObject({ ok: false });
  });
});
