import type { CompiledRules } from '../../cors/compile.ts';
import { preflightCommand } from '../ask.ts';
import type { Note } from '../target.ts';
import type { ErrorPolicy } from './error-policy.ts';

/** Origins in a note. */
const SHOWN = 10;

/** What an operator must know about the parts that a function never sees. */
export function notesOn(rules: CompiledRules, { methods, origins, lost }: ErrorPolicy): readonly Note[] {
  const notes: Note[] = [{ about: ERRORS }];
  if (lost.length > 0) {
    const shown = [...lost.slice(0, SHOWN), ...(lost.length > SHOWN ? ['others'] : [])].join(', ');
    notes.push({ about: `${LOST} ${shown}.` });
  }
  if (origins.length > 0 && origins[0] !== '*') notes.push({ about: VARY });
  if (origins.length > 0 && !methods.includes('POST')) notes.push({ about: READING });
  return [...notes, { about: FORWARDED }, { about: GENERATED, command: preflightCommand(rules) }];
}

const ERRORS =
  'CloudFront calls no function for answers of 400 and more. The response headers policy writes Allow-Origin, ' +
  'Expose-Headers and Allow-Credentials there; Allow-Methods and Max-Age, which browsers read in preflights only, are absent.';
const LOST =
  'A policy has one answer for all methods, GET, HEAD and POST at least where the cache behaviour takes them, and compares ' +
  'whole origins. Scripts of these origins can read less of answers of 400 and more than the rules allow, or nothing:';
const VARY =
  'Whether CloudFront adds Vary: Origin where a policy names the origin is documented nowhere. It concerns the caches of ' +
  'browsers, for errors only.';
const READING =
  'The cache behaviour must take GET, HEAD and OPTIONS alone, as the rules do. If it takes others, remove CorsConfig from ' +
  'the policy: scripts could read the errors of a POST that the rules do not allow.';
const FORWARDED =
  'An origin request policy, if there is one, must not send Origin and Access-Control-Request-* to the bucket: AllViewer ' +
  'and AllViewerExceptHostHeader do.';
const GENERATED =
  'That a response headers policy leaves the answers alone which a function generates is not written in the documentation; ' +
  'a figure of the vendor shows it. A preflight that is allowed must have its Access-Control headers:';
