import type { HeaderPairs } from '../../analysis/browser/check.ts';
import type { Facts } from '../../cors/decide.ts';
import { ALLOW_ORIGIN } from '../../cors/names.ts';
import { matchesCriteria } from './condition-model.ts';
import type { CdnFunction } from './functions.ts';
import { isGlob } from './glob.ts';

/** A function as it is deployed. */
export interface DeployedFunction extends CdnFunction {
  /** What `parentId` of others refers to. */
  readonly configId: string | null;
}

/**
 * What the documentation says that a domain's response headers make of an answer with these headers
 * (https://help.aliyun.com/zh/cdn/user-guide/create-a-custom-http-response-header). Entries apply from the first to the last.
 * Those with a condition follow: a rule comes before what applies to the whole domain.
 */
export function headersFrom(
  functions: readonly DeployedFunction[],
  request: Facts,
  own: HeaderPairs,
): HeaderPairs {
  const entries = functions.filter(({ functionName }) => functionName === 'set_resp_header');
  const everywhere = entries.filter((entry) => !hasCondition(entry));
  const conditional = entries.filter((entry) => hasCondition(entry) && applies(functions, entry, request));
  return [...everywhere, ...conditional].reduce((headers, entry) => apply(headers, entry, request), own);
}

/** The API writes 0, -1 or nothing for a function without a condition. */
export const hasCondition = ({ parentId }: CdnFunction): boolean =>
  parentId !== undefined && !['', '0', '-1'].includes(String(parentId));

const applies = (functions: readonly DeployedFunction[], entry: CdnFunction, request: Facts): boolean => {
  const rule = functions.find(
    ({ functionName, configId }) => functionName === 'condition' && configId === String(entry.parentId),
  );
  return rule !== undefined && matchesCriteria(argOf(rule, 'rule') ?? '', request) !== false;
};

export const argOf = ({ functionArgs }: CdnFunction, name: string): string | undefined =>
  functionArgs.find(({ argName }) => argName === name)?.argValue;

function apply(headers: HeaderPairs, entry: CdnFunction, request: Facts): HeaderPairs {
  const key = argOf(entry, 'key') ?? '';
  const value = argOf(entry, 'value') ?? '';
  const others = headers.filter(([name]) => name.toLowerCase() !== key.toLowerCase());
  const hasOwn = others.length < headers.length;
  const operation = argOf(entry, 'header_operation_type') ?? 'add';
  if (operation === 'delete' || value === 'null') return others;
  if (operation === 'modify') return hasOwn ? [...others, [key, value]] : headers;
  if (operation !== 'add') return headers;
  // "Allow duplicates" makes the origin check void.
  if (argOf(entry, 'duplicate') === 'on') return [...headers, [key, value]];
  const isChecked =
    argOf(entry, 'access_origin_control') === 'on' && key.toLowerCase() === ALLOW_ORIGIN.toLowerCase();
  if (!isChecked || value.trim() === '*') return [...others, [key, value]];
  return isListed(value, request.origin) ? [...others, [key, request.origin ?? '']] : others;
}

/** The entries of a value that the origin check compares; an older page wants `-` written as `%-`. */
export const checkedEntries = (value: string): readonly string[] =>
  value.split(',').map((entry) => entry.trim().replaceAll('%-', '-'));

const isListed = (value: string, origin: string | null): boolean =>
  origin !== null && checkedEntries(value).some((entry) => isGlob(entry, origin));
