import type { Rule, RuleSet } from '../../src/cors/rule.ts';
import {
  type WriteOptions,
  type Written,
  type WrittenForm,
  writeDocument,
} from '../../src/document/write.ts';

export function written(set: RuleSet, form: WrittenForm, options?: WriteOptions): Written {
  const result = writeDocument(set, form, options);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

export const refusedFor = (set: RuleSet, form: WrittenForm, options?: WriteOptions) => {
  const result = writeDocument(set, form, options);
  return result.ok ? [] : result.faults;
};

export const rule: Rule = {
  id: 'uploads',
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['x-a'],
  exposeHeaders: ['x-a'],
  maxAgeSeconds: 60,
};
export const one = (fields: Partial<Rule>, responseVary = false): RuleSet => ({
  rules: [{ ...rule, ...fields }],
  responseVary,
});
