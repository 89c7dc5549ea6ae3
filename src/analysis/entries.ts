import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { compileHeaders, compileOrigins, type Entries, matchesEntries } from '../cors/pattern.ts';

/** The entry of AllowedOrigin that accepts an origin: of several rules, one that accepts fewer origins than `*`. */
export function originEntry(rules: readonly (CompiledRule | undefined)[], origin: string): string {
  const found = rules.flatMap(
    (rule) => accepting(rule?.rule.allowedOrigins ?? [], origin, compileOrigins) ?? [],
  );
  return (
    found.find((entry) => entry === origin) ?? found.find((entry) => entry !== '*') ?? found[0] ?? origin
  );
}

/** The entry of AllowedHeader that accepts a name. */
export const headerEntry = (rule: CompiledRule | undefined, name: string): string =>
  accepting(rule?.rule.allowedHeaders ?? [], name, compileHeaders) ?? name;

/** The entry that names a word, else the first that accepts it. */
function accepting(
  entries: readonly string[],
  word: string,
  compile: (entries: readonly string[]) => Entries,
): string | undefined {
  if (!word.includes('*') && entries.includes(word)) return word;
  const found = entries.filter((entry) => matchesEntries(compile([entry]), word));
  return found.find((entry) => !entry.includes('*')) ?? found[0];
}

export const ruleOf = ({ rules }: CompiledRules, number: number | null): CompiledRule | undefined =>
  rules.find((rule) => rule.number === number);
