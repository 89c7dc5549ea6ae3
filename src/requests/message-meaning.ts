import type { BrowserMessage, MessageFailure } from './browser-message.ts';

/** What a browser's sentence means, and what to do next. */
export interface MessageMeaning {
  readonly means: string;
  readonly next: string;
}

/** The parts of a sentence that a meaning names. */
interface Parts {
  readonly answer: string;
  readonly value: string | null;
  readonly origin: string;
}

const RULES = 'Ask explain with the origin of the page: it names the condition of the rules that fails.';
const IN_FRONT =
  'Ask doctor: if the bucket itself answers right, a cache or a proxy in front of it changes the answer.';

const MEANINGS: Readonly<Record<MessageFailure, (parts: Parts) => MessageMeaning>> = {
  forbidden_method: ({ value }) => ({
    means: `Scripts cannot use the method ${value ?? 'of this request'}.`,
    next: 'Use GET, HEAD, POST, PUT, DELETE or PATCH.',
  }),
  no_allow_origin: ({ answer, value }) => ({
    means: `${answer} has no Access-Control-Allow-Origin${value === null ? '' : `; its status is ${value}`}.`,
    next: `${RULES} ${IN_FRONT}`,
  }),
  origin_not_allowed: ({ answer, origin }) => ({
    means: `${answer} has no Access-Control-Allow-Origin, or one that is not ${origin}.`,
    next: `${RULES} ${IN_FRONT}`,
  }),
  several_allow_origins: ({ answer, value }) => ({
    means: `${answer} has more than one Access-Control-Allow-Origin${shown(value)}.`,
    next: 'Two servers write CORS headers: switch off those of the CDN or proxy, or list one origin a line in the rules.',
  }),
  invalid_allow_origin: ({ answer, value }) => ({
    means: `The value of Access-Control-Allow-Origin in ${answer.toLowerCase()} is no origin${shown(value)}.`,
    next: `An origin has a scheme, a host and no path: https://app.example.com. ${IN_FRONT}`,
  }),
  other_allow_origin: ({ answer, value, origin }) => ({
    means: `The value of Access-Control-Allow-Origin in ${answer.toLowerCase()}${shown(value)} is not ${origin}.`,
    next: `A cache may have stored the answer for another origin, or the rules list another one. ${IN_FRONT}`,
  }),
  wildcard_with_credentials: ({ answer }) => ({
    means: `The value of Access-Control-Allow-Origin in ${answer.toLowerCase()} is *, and the page sends cookies.`,
    next: 'Name the origin in the rules, or ask without credentials: presigned URLs need no cookies.',
  }),
  no_allow_credentials: ({ answer, value }) => ({
    means: `The page sends cookies, and the value of Access-Control-Allow-Credentials in ${answer.toLowerCase()} is not true${shown(value)}.`,
    next: 'Ask without credentials. OSS never sends the header; the edge sends it with --dangerously-allow-credentials.',
  }),
  status: ({ value }) => ({
    means: `The answer to the preflight has ${value === null ? 'a status that is not ok' : `the status ${value}, which is not an ok status`}.`,
    next: `${RULES} A login, a firewall or a proxy in front may answer OPTIONS too.`,
  }),
  invalid_list: ({ value }) => ({
    means: `The value of ${value ?? 'Access-Control-Allow-Methods or Access-Control-Allow-Headers'} in the answer to the preflight is not a list of names.`,
    next: `Look at the answer with doctor: names are separated by commas. ${IN_FRONT}`,
  }),
  method: ({ value }) => ({
    means: `The method ${value ?? 'of the request'} is not allowed by Access-Control-Allow-Methods in the answer to the preflight.`,
    next: `${RULES} Methods are compared letter by letter: patch is not PATCH.`,
  }),
  header: ({ value }) => ({
    means: `The request header ${value ?? 'of the page'} is not allowed by Access-Control-Allow-Headers in the answer to the preflight.`,
    next: `${RULES} The AllowedHeader * covers every header in OSS and S3, also Authorization.`,
  }),
  preflight_redirect: () => ({
    means: 'The preflight is answered with a redirect, which browsers do not follow.',
    next: 'Use the final URL in the page: https in place of http, the host without a redirect, the right region.',
  }),
  redirect: () => ({
    means: 'The answer is a redirect that the browser does not follow for a cross-origin request.',
    next: 'Use the final URL in the page, without a user and password.',
  }),
  request_mode: () => ({
    means: 'The page asks in a mode that allows no cross-origin request.',
    next: 'Ask in the mode "cors", which is the default of fetch.',
  }),
  unreadable_header: ({ value }) => ({
    means: `Access-Control-Expose-Headers in the answer does not list ${value ?? 'the header'}, so scripts cannot read it.`,
    next: 'Add an ExposeHeader to the rule that answers this request.',
  }),
  tainted_canvas: () => ({
    means: 'An image of another origin was loaded without CORS, so scripts cannot read the canvas.',
    next: 'Set crossorigin="anonymous" on the image, before src. A copy without CORS headers may be in the cache.',
  }),
  not_http: () => ({
    means: 'CORS is for http and https URLs: the page or the URL has another scheme.',
    next: 'Serve the page from a server, not from disk.',
  }),
  no_answer: ({ value }) => ({
    means: `The browser got no answer${shown(value)}: DNS, TLS, a refused connection or a blocker of content.`,
    next: 'This is not CORS. Ask doctor, which names the fault of the connection; try without extensions.',
  }),
  opaque_blocked: () => ({
    means: 'The request was made without CORS, and the browser blocks an answer of that type.',
    next: 'Set crossorigin on the element, or correct the Content-Type of the object.',
  }),
  local_network: ({ value }) => ({
    means: `The server is in the local network${shown(value)}, and the browser protects that from pages of the Internet.`,
    next: 'This is not a matter of the rules: serve the page over https, and let the user allow the access.',
  }),
  unknown: () => ({
    means: 'The browser says that the request failed, and not why.',
    next: 'Copy the line above it in the console, or ask doctor with the URL and the origin of the page.',
  }),
};

/** Returns what a browser's sentence means, in the words of explain, and the next step. */
export const meaningOf = ({ failure, value, origin, ofPreflight }: BrowserMessage): MessageMeaning =>
  MEANINGS[failure]({
    answer: ofPreflight === true ? 'The answer to the preflight' : 'The answer',
    value,
    origin: origin ?? 'the origin of the page',
  });

const shown = (value: string | null): string => (value === null || value === '' ? '' : ` (${value})`);
