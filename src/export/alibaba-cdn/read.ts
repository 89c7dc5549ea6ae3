import type { Facts } from '../../cors/decide.ts';
import { ALLOW_ORIGIN, CORS_PREFIX, VARY } from '../../cors/names.ts';
import { METHODS, type Rule, type RuleSet } from '../../cors/rule.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import type { Outcome } from '../outcome.ts';
import type { ReadBack } from '../target.ts';
import { matchesCriteria, parseRule } from './condition-model.ts';
import { argOf, checkedEntries, type DeployedFunction, hasCondition, headersFrom } from './model.ts';

const WRITE =
  'the answer of DescribeCdnDomainConfigs (with --FunctionNames set_resp_header,condition), or an exported list of functions';

/** Reads the functions of a domain: what DescribeCdnDomainConfigs answers, or a body of BatchSetCdnDomainConfig. */
export function readDomain(text: string): ReadBack {
  const functions = functionsIn(text);
  if (typeof functions === 'string')
    return { ok: false, faults: [{ place: 'FILE', reason: functions, write: WRITE }] };
  return {
    ok: true,
    value: {
      name: 'the response headers of Alibaba Cloud CDN',
      rules: classesOf(functions),
      behaviour: { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false },
      isExact: false,
      ignoresVary: true,
      answer: (request, bucket) => answerOf(functions, request, bucket),
      isEdited: false,
      notes: notesOf(functions),
    },
  };
}

/** What the domain answers where the bucket behind it answers `bucket`; without one, a bucket without CORS headers. */
export function answerOf(
  functions: readonly DeployedFunction[],
  request: Facts,
  bucket: Outcome = { status: request.method === 'OPTIONS' ? 200 : null, headers: [] },
): Outcome {
  return { status: bucket.status, headers: headersFrom(functions, request, bucket.headers) };
}

/** The functions in a text, or the predicate of a sentence that says why it has no functions. */
function functionsIn(text: string): readonly DeployedFunction[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const list = listIn(parsed);
  if (list === null) return 'has no list of functions';
  const functions = list.map((one) => (isFields(one) ? functionOf(one) : null));
  const at = functions.indexOf(null);
  if (at !== -1) return `has an entry ${at + 1} that is no function`;
  return functions.filter((one) => one !== null);
}

function listIn(parsed: unknown): readonly unknown[] | null {
  if (Array.isArray(parsed)) return parsed;
  if (!isFields(parsed)) return null;
  const { DomainConfigs, Functions, functions } = parsed;
  const given = isFields(DomainConfigs) ? DomainConfigs.DomainConfig : (Functions ?? functions);
  if (typeof given === 'string') {
    const rule = safeParse(given);
    return Array.isArray(rule) ? rule : null;
  }
  return Array.isArray(given) ? given : null;
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The API answers with capitals at the beginning of names, and is asked without. */
function functionOf(fields: Fields): DeployedFunction | null {
  const functionName = fields.FunctionName ?? fields.functionName;
  const given = fields.FunctionArgs ?? fields.functionArgs;
  const list = isFields(given) ? given.FunctionArg : given;
  if (typeof functionName !== 'string' || !Array.isArray(list)) return null;
  // A function that failed to be configured does not apply.
  if (fields.Status === 'failed') return { functionName: 'failed', functionArgs: [], configId: null };
  const functionArgs = list.flatMap((arg: unknown) => {
    if (!isFields(arg)) return [];
    const argName = arg.ArgName ?? arg.argName;
    return [{ argName: String(argName), argValue: String(arg.ArgValue ?? arg.argValue ?? '') }];
  });
  const parentId = fields.ParentId ?? fields.parentId ?? fields.parentid;
  const id = fields.ConfigId ?? fields.configId ?? nameOf(functionArgs);
  return {
    functionName,
    functionArgs,
    configId: id === null ? null : String(id),
    ...(parentId === undefined || parentId === null ? {} : { parentId: String(parentId) }),
  };
}

/** An exported list refers to a condition by its name. */
function nameOf(functionArgs: DeployedFunction['functionArgs']): string | null {
  const rule = functionArgs.find(({ argName }) => argName === 'rule')?.argValue;
  const name = rule === undefined ? undefined : parseRule(rule)?.name;
  return typeof name === 'string' ? name : null;
}

const isCors = (one: DeployedFunction): boolean => {
  const key = (argOf(one, 'key') ?? '').toLowerCase();
  return (
    one.functionName === 'set_resp_header' && (key.startsWith(CORS_PREFIX) || key === VARY.toLowerCase())
  );
};

/** A rule whose entries divide origins as the functions do: the values of Allow-Origin, and of conditions on Origin. */
function classesOf(functions: readonly DeployedFunction[]): RuleSet {
  const values = functions.flatMap((one) => {
    if (one.functionName === 'condition') return originsIn(parseRule(argOf(one, 'rule') ?? '')?.match);
    const key = argOf(one, 'key')?.toLowerCase();
    return isCors(one) && key === ALLOW_ORIGIN.toLowerCase() ? checkedEntries(argOf(one, 'value') ?? '') : [];
  });
  const isEntry = (value: string) => value !== '' && value.split('*').length <= 2;
  const allowedOrigins = [...new Set(values.filter(isEntry))];
  const rule: Rule = {
    allowedOrigins: allowedOrigins.length > 0 ? allowedOrigins : ['*'],
    allowedMethods: METHODS,
    allowedHeaders: [],
    exposeHeaders: [],
  };
  return { rules: [rule], responseVary: false };
}

function originsIn(match: unknown): readonly string[] {
  if (!isFields(match)) return [];
  if (Array.isArray(match.criteria)) return match.criteria.flatMap(originsIn);
  if (String(match.matchObject).toLowerCase() !== 'origin') return [];
  return (Array.isArray(match.matchValue) ? match.matchValue : [match.matchValue]).map(String);
}

const parentOf = (one: DeployedFunction): readonly string[] =>
  hasCondition(one) ? [String(one.parentId)] : [];

const ASKED: Facts = { method: 'GET', origin: null, requestMethod: null, requestHeaders: null };

function notesOf(functions: readonly DeployedFunction[]): readonly string[] {
  const notes = [
    'Answers to OPTIONS are those of the bucket, with the headers of the domain: Alibaba Cloud documents nowhere how its nodes answer.',
  ];
  const headers = functions.filter(isCors);
  const ids = [...new Set(headers.flatMap((one) => [one.configId ?? [], parentOf(one)].flat()))];
  if (headers.some(({ configId }) => configId !== null))
    notes.push(
      `Before a correction, delete what these functions and their conditions are: DeleteSpecificConfig with the ConfigId ${ids.join(', ')}.`,
    );
  for (const one of headers) {
    const label = `${argOf(one, 'key')}: ${argOf(one, 'value')}`;
    if (argOf(one, 'header_operation_type') === 'rewrite')
      notes.push(`The function that replaces parts of ${argOf(one, 'key')} is not followed.`);
    if (!hasCondition(one)) continue;
    const rule = functions.find(
      ({ functionName, configId }) => functionName === 'condition' && configId === String(one.parentId),
    );
    if (rule === undefined)
      notes.push(`The condition ${one.parentId} of "${label}" is not in the file: it never applies here.`);
    else if (matchesCriteria(argOf(rule, 'rule') ?? '', ASKED) === null)
      notes.push(`The condition of "${label}" compares more than method and origin: it is taken to be met.`);
  }
  if (
    headers.some(
      (one) => argOf(one, 'access_origin_control') === 'on' && /\*./.test(argOf(one, 'value') ?? ''),
    )
  )
    notes.push(
      'In a list of origins, * is taken for any characters: the documentation does not say how many labels it stands for.',
    );
  if (headers.some((one) => argOf(one, 'access_origin_control') === 'on' && argOf(one, 'duplicate') === 'on'))
    notes.push('The origin check is void in functions that allow duplicates.');
  return notes;
}
