import type { TestRule } from './_rules.ts';

/** A list of the SDKs, sorted, as the gateway stores sets. They give one value as a text, and leave an empty list out. */
function listOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const list = [value].flat().map(String).sort();
  return list.length === 0 ? undefined : list;
}

interface Found {
  readonly id?: unknown;
  readonly origins: unknown;
  readonly methods: unknown;
  readonly headers: unknown;
  readonly exposed: unknown;
  readonly maxAge: unknown;
}

/** A rule of an SDK in the form of the tests. */
export function ruleOf({ id, origins, methods, headers, exposed, maxAge }: Found): TestRule {
  const [allowedHeaders, exposedHeaders] = [listOf(headers), listOf(exposed)];
  return {
    ...(listOf(id) && { id: String(id) }),
    origins: listOf(origins) ?? [],
    methods: listOf(methods) ?? [],
    ...(allowedHeaders && { headers: allowedHeaders }),
    ...(exposedHeaders && { exposed: exposedHeaders }),
    ...(listOf(maxAge) && { maxAge: Number(maxAge) }),
  };
}

/** A document as a person writes it: faulty rules stay faulty. */
export function documentOf(rules: readonly TestRule[]): string {
  const each = (name: string, values: readonly string[] = []) =>
    values.map((value) => `<${name}>${value}</${name}>`).join('');
  const elements = rules.map(({ id, origins, methods, headers, exposed, maxAge }) =>
    [
      each('ID', id === undefined ? [] : [id]),
      each('AllowedOrigin', origins),
      each('AllowedMethod', methods),
      each('AllowedHeader', headers),
      each('ExposeHeader', exposed),
      each('MaxAgeSeconds', maxAge === undefined ? [] : [String(maxAge)]),
    ].join(''),
  );
  const body = elements.map((element) => `<CORSRule>${element}</CORSRule>`).join('');
  return `<CORSConfiguration>${body}</CORSConfiguration>`;
}
