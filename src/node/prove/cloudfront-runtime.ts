import { createContext, Script } from 'node:vm';
import { FUNCTION_LIMIT } from '../../export/cloudfront/function.ts';

/** Headers in the structure of an event. */
export type CloudFrontHeaders = Readonly<
  Record<string, { readonly value: string; readonly multiValue?: readonly { readonly value: string }[] }>
>;

type EventType = 'viewer-request' | 'viewer-response';

/** Runs the handler for an event; throws where CloudFront answers 502. */
export type FunctionRun = (
  eventType: EventType,
  event: {
    readonly request: unknown;
    readonly response?: { readonly statusCode: number; readonly headers: CloudFrontHeaders };
  },
) => { readonly headers: CloudFrontHeaders; readonly statusCode?: number; readonly body?: unknown };

/**
 * Loads a function into a context that has no more than the runtime documents
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-10.html: the runtime 2.0 has
 * that and more, of which const and let alone are used). Throws if the function is too large, or has other syntax.
 */
export function openFunction(text: string): FunctionRun {
  const bytes = Buffer.byteLength(text);
  if (bytes > FUNCTION_LIMIT) throw new Error(`the function has ${bytes} bytes, more than ${FUNCTION_LIMIT}`);
  const found = otherSyntax(text);
  if (found !== null) throw new Error(`the runtime of CloudFront does not have \`${found}\``);
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  new Script(LIMITED).runInContext(context);
  new Script(
    `'use strict';\n${text}\n;globalThis.run = (event) => JSON.stringify(handler(JSON.parse(event)));`,
  ).runInContext(context);
  const run: (event: string) => string = new Script('run').runInContext(context);
  return (eventType, event) => {
    const made: unknown = JSON.parse(
      run(JSON.stringify({ version: '1.0', context: { eventType }, viewer: { ip: '127.0.0.1' }, ...event })),
    );
    const returned = made as ReturnType<FunctionRun>;
    if (eventType === 'viewer-response' || returned.statusCode !== undefined)
      checkHeaders(returned.headers, event.response?.headers ?? {});
    return returned;
  };
}

/** Syntax of later versions of the language; strings, comments and regular expressions do not count. */
const OTHER_SYNTAX =
  /\?\?|\?\.|\bclass\b|\bimport\b|\bexport\b|\byield\b|\beval\b|\bnew Function\b|\brequire\b|\bof\b|(?:const|let|var)\s*[[{]|[[(,{]\s*\.\.\.|\*\s*\(/;

function otherSyntax(text: string): string | null {
  const code = text.replace(
    /\/\/.*$|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/(?:[^/\\\n ]|\\.)(?:[^/\\\n]|\\.)*\/(?=\.)/gm,
    "''",
  );
  return OTHER_SYNTAX.exec(code)?.[0] ?? null;
}

/** "Disallowed headers" and "Read-only headers in viewer response events" of the developer guide. */
const DISALLOWED =
  /^(?:connection|expect|keep-alive|proxy-(?:authenticate|authorization|connection)|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
const READ_ONLY = ['warning', 'via'];

function checkHeaders(made: CloudFrontHeaders, given: CloudFrontHeaders): void {
  for (const [name, { value }] of Object.entries(made)) {
    if (name !== name.toLowerCase()) throw new Error(`the name ${name} is not in lower case`);
    if (typeof value !== 'string') throw new Error(`${name} has no value`);
    if (DISALLOWED.test(name) && given[name] === undefined) throw new Error(`${name} is not allowed`);
  }
  for (const name of READ_ONLY)
    if (JSON.stringify(made[name]) !== JSON.stringify(given[name])) throw new Error(`${name} is read-only`);
}

/** Removes what the documentation does not list from the context, methods of strings and arrays included. */
const LIMITED = `'use strict';
{
  const only = (object, names) => {
    const keys = Reflect.ownKeys(object);
    for (let at = 0; at < keys.length; at++) if (!names.includes(keys[at])) delete object[keys[at]];
  };
  const globals = ('Object String Number Boolean Array Function RegExp JSON Math Date Promise Error EvalError RangeError ' +
    'ReferenceError SyntaxError TypeError URIError globalThis decodeURI decodeURIComponent encodeURI encodeURIComponent ' +
    'isFinite isNaN parseFloat parseInt NaN Infinity undefined').split(' ');
  only(String.prototype, ('length constructor toString valueOf charAt charCodeAt concat indexOf lastIndexOf match replace search ' +
    'slice split substr substring toLowerCase trim toUpperCase codePointAt endsWith includes repeat startsWith padStart padEnd ' +
    'trimStart trimEnd').split(' '));
  only(Array.prototype, ('length constructor toString concat every filter forEach indexOf join lastIndexOf map pop push reduce ' +
    'reduceRight reverse shift slice some sort splice unshift copyWithin fill find findIndex includes').split(' '));
  only(Object, ('length name prototype create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyNames ' +
    'getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal assign is setPrototypeOf entries values').split(' '));
  const remove = Object.getOwnPropertyNames(globalThis).filter((name) => !globals.includes(name));
  for (let at = 0; at < remove.length; at++) delete globalThis[remove[at]];
}`;
