import type { BrowserMessage, MessageFailure } from '../requests/message.ts';

/** What each sentence of a browser is about, as the rest of a sentence. `it`: the answer to the preflight or to the request. */
const SAID: Readonly<Record<MessageFailure, string>> = {
  forbidden_method: 'scripts cannot use this method',
  no_allow_origin: 'it has no Access-Control-Allow-Origin',
  several_allow_origins: 'it has more than one Access-Control-Allow-Origin',
  invalid_allow_origin: 'the value of Access-Control-Allow-Origin in it is no origin',
  other_allow_origin: 'Access-Control-Allow-Origin in it names another origin',
  wildcard_with_credentials: 'Access-Control-Allow-Origin in it is *, and the page sends cookies',
  no_allow_credentials: 'it has no Access-Control-Allow-Credentials, and the page sends cookies',
  status: 'its status is not an ok status',
  invalid_list: 'a list of names in it is not valid',
  method: 'Access-Control-Allow-Methods in it does not allow the method',
  header: 'Access-Control-Allow-Headers in it does not allow a request header',
  preflight_redirect: 'it is a redirect, which no preflight follows',
  redirect: 'it is a redirect that is not allowed',
  unreadable_header: 'the script reads a response header that is not exposed',
  tainted_canvas: 'the page reads a canvas with an image that was loaded without CORS',
  not_http: 'the address is no http or https URL, and CORS does not apply',
  no_answer: 'no answer came: CORS is not the cause',
  opaque_blocked: 'the page did not ask by CORS, and the browser blocks the answer',
  local_network: 'a page of the Internet asks a server of the local network',
  unknown: 'the browser does not say why the request failed',
};

/** What a browser's sentence says, in the words of explain. */
export function saidBy({ failure, ofPreflight }: BrowserMessage): string {
  const subject =
    ofPreflight === null ? 'an answer' : ofPreflight ? 'the answer to the preflight' : 'the answer';
  return `The browser's sentence is about ${subject}: ${SAID[failure]}.`;
}
