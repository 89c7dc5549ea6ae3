import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffRules } from '../../src/analysis/diff.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { writeDocument } from '../../src/document/write.ts';
import { ruleSet } from './_arbitrary.ts';
import { refusedFor, rule, written } from './_written.ts';

/** The attributes of the blocks in a resource that `writeDocument` wrote; the first are those of the resource. */
function blocksOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  const valueIn = (expression: string) =>
    JSON.parse(expression.replaceAll('$${', '${').replaceAll('%%{', '%{')) as unknown;
  return text
    .split(/^ {2}cors_rule \{$/m)
    .map((block) =>
      Object.fromEntries(
        [...block.matchAll(/^ +(\w+) += (.*)$/gm)].map(([, name = '', value = '']) => [name, valueIn(value)]),
      ),
    );
}

describe('Terraform', () => {
  test.each([
    ['oss', 'alicloud_oss_bucket_cors', 'expose_header'],
    ['s3', 'aws_s3_bucket_cors_configuration', 'expose_headers'],
  ] as const)('gets a resource of %s with every value', (store, type, expose) => {
    const single = ruleSet.map((set) => ({
      ...set,
      responseVary: store === 'oss',
      rules: set.rules.slice(0, 1),
    }));
    fc.assert(
      fc.property(single, (set) => {
        const { text } = written(set, 'terraform', { store, bucket: 'b' });
        expect(text.split('\n')[0]).toBe(`resource "${type}" "cors" {`);
        const [head, ...rules] = blocksOf(text);
        expect(head).toEqual({ bucket: 'b', ...(store === 'oss' ? { response_vary: true } : {}) });
        const listed = (name: string, list: readonly string[]) => (list.length === 0 ? {} : { [name]: list });
        expect(rules).toEqual(
          set.rules.map((each) => ({
            ...(each.id === undefined || store === 'oss' ? {} : { id: each.id }),
            allowed_origins: each.allowedOrigins,
            allowed_methods: each.allowedMethods,
            ...listed('allowed_headers', each.allowedHeaders),
            ...listed(expose, each.exposeHeaders),
            ...(each.maxAgeSeconds === undefined ? {} : { max_age_seconds: each.maxAgeSeconds }),
          })),
        );
      }),
    );
  });

  test('is formatted as terraform fmt formats it, with expressions escaped', () => {
    const set = { rules: [{ ...rule, id: `a"\${b}%{c}\\` }], responseVary: false };
    expect(
      written(set, 'terraform', { store: 's3', bucket: 'media' }).text,
    ).toBe(`resource "aws_s3_bucket_cors_configuration" "cors" {
  bucket = "media"

  cors_rule {
    id              = "a\\"$\${b}%%{c}\\\\"
    allowed_origins = ["https://a.example"]
    allowed_methods = ["GET", "PUT"]
    allowed_headers = ["x-a"]
    expose_headers  = ["x-a"]
    max_age_seconds = 60
  }
}
`);
  });

  const patterns = fc.constantFrom('*', 'a', 'ab', 'a*', '*b', 'a*b', 'b*a', 'c');
  const rules = fc.array(
    fc.record({
      allowedOrigins: fc.array(patterns, { minLength: 1, maxLength: 2 }),
      allowedMethods: fc.subarray(['GET', 'PUT'] as const, { minLength: 1 }),
      maxAgeSeconds: fc.nat({ max: 9 }),
    }),
    { minLength: 2, maxLength: 3 },
  );

  test('gets rules only if their order is without effect: its resources have a set of rules', () => {
    let accepted = 0;
    fc.assert(
      fc.property(rules, (list) => {
        const plain = list.map((each) => ({ ...each, allowedHeaders: [], exposeHeaders: [] }));
        const [set, reversed] = [plain, plain.toReversed()].map((each) => ({
          rules: each,
          responseVary: false,
        }));
        if (set === undefined || reversed === undefined || !writeDocument(set, 'terraform').ok) return;
        accepted += 1;
        const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
        const diff = diffRules(compileRules(set, behaviour), compileRules(reversed, behaviour));
        expect(diff.differences.map(({ before, after }) => [before.headers, after.headers])).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  test('refuses two rules that may decide the same request, and names both', () => {
    const wide = { ...rule, allowedOrigins: ['https://*'], allowedMethods: ['PUT' as const] };
    expect(refusedFor({ rules: [rule, wide], responseVary: false }, 'terraform')).toMatchObject([
      { place: 'rules[2]', reason: expect.stringContaining('the same requests as rules[1]') },
    ]);
  });
});
