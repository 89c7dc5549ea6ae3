import type { OutgoingHttpHeaders } from 'node:http';
import type { MessageFailure } from '../../../src/requests/message.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
}

/** What a sentence of a browser must say; `undefined` is not compared. */
export interface Says {
  readonly failure: MessageFailure;
  readonly value?: string | null;
  readonly ofPreflight?: boolean | null;
}

/** A server that is wrong in one way, how the page asks it, and what each browser says. Null: it says nothing of it. */
export interface WrongServer {
  readonly name: string;
  /** Of `fetch`; or another expression with `URL` for the URL. */
  readonly ask: RequestInit | string;
  readonly preflight?: Answer;
  readonly actual?: Answer;
  readonly chromium: Says | null;
  readonly firefox: Says | null;
}

export const PAGE_ORIGIN = 'http://page.example';
const OTHER = 'https://other.example';
const SAME = { 'Access-Control-Allow-Origin': PAGE_ORIGIN };
const PUT: RequestInit = { method: 'PUT' };
const COOKIES: RequestInit = { credentials: 'include' };

/** The two browsers say the same, but whose answer it is. */
const both = (says: Says): Pick<WrongServer, 'chromium' | 'firefox'> => ({
  chromium: says,
  firefox: { ...says, ofPreflight: null },
});

const actual = (
  name: string,
  allowOrigin: string | string[] | null,
  says: Says,
  ask: RequestInit = {},
): WrongServer => ({
  name,
  ask,
  actual: { headers: allowOrigin === null ? {} : { 'Access-Control-Allow-Origin': allowOrigin } },
  ...both({ ...says, ofPreflight: false }),
});

const preflight = (name: string, answer: Answer, says: Says, ask: RequestInit = PUT): WrongServer => ({
  name,
  ask,
  preflight: answer,
  ...both({ ...says, ofPreflight: true }),
});

/** An element whose load ends in an event. */
const element = (name: string, made: string): WrongServer => ({
  name,
  ask: `new Promise((done) => { ${made}; it.onload = it.onerror = done; })`,
  chromium: { failure: 'no_allow_origin', ofPreflight: false },
  firefox: { failure: 'no_allow_origin', value: '200' },
});

export const WRONG_SERVERS: readonly WrongServer[] = [
  {
    ...actual('no Allow-Origin', null, { failure: 'no_allow_origin' }),
    firefox: { failure: 'no_allow_origin', value: '200', ofPreflight: null },
  },
  actual('another origin', OTHER, { failure: 'other_allow_origin', value: OTHER }),
  actual('a slash behind the origin', `${PAGE_ORIGIN}/`, {
    failure: 'other_allow_origin',
    value: `${PAGE_ORIGIN}/`,
  }),
  actual('a list of origins', `${PAGE_ORIGIN}, ${OTHER}`, {
    failure: 'several_allow_origins',
    value: `${PAGE_ORIGIN}, ${OTHER}`,
  }),
  {
    ...actual('two lines', [PAGE_ORIGIN, '*'], {
      failure: 'several_allow_origins',
      value: `${PAGE_ORIGIN}, *`,
    }),
    firefox: { failure: 'several_allow_origins', value: null },
  },
  actual('no origin but a host', 'page.example', { failure: 'invalid_allow_origin', value: 'page.example' }),
  actual('an empty value', '', { failure: 'invalid_allow_origin', value: '' }),
  actual('* for cookies', '*', { failure: 'wildcard_with_credentials', value: '*' }, COOKIES),
  {
    ...actual('no Allow-Credentials', PAGE_ORIGIN, { failure: 'no_allow_credentials', value: '' }, COOKIES),
    firefox: { failure: 'no_allow_credentials', value: null },
  },
  {
    ...preflight('a preflight without Allow-Origin', { status: 403 }, { failure: 'no_allow_origin' }),
    firefox: { failure: 'no_allow_origin', value: '403' },
  },
  {
    ...preflight('a preflight with 403', { status: 403, headers: SAME }, { failure: 'status' }),
    firefox: { failure: 'status', value: '403', ofPreflight: true },
  },
  {
    ...preflight(
      'a preflight with a redirect',
      { status: 302, headers: { ...SAME, Location: '/elsewhere' } },
      { failure: 'preflight_redirect' },
    ),
    firefox: { failure: 'preflight_redirect', ofPreflight: true },
  },
  preflight(
    'a preflight for another origin',
    { headers: { 'Access-Control-Allow-Origin': OTHER } },
    { failure: 'other_allow_origin', value: OTHER },
  ),
  preflight(
    'a preflight with * for cookies',
    { headers: { 'Access-Control-Allow-Origin': '*' } },
    { failure: 'wildcard_with_credentials', value: '*' },
    { ...PUT, ...COOKIES },
  ),
  {
    ...preflight('a preflight without the method', { headers: SAME }, { failure: 'method', value: 'PUT' }),
    firefox: { failure: 'method', value: null, ofPreflight: true },
  },
  {
    ...preflight(
      'a preflight without the header',
      { headers: SAME },
      { failure: 'header', value: 'x-oss-date' },
      { headers: { 'x-oss-date': '1' } },
    ),
    firefox: { failure: 'header', value: 'x-oss-date', ofPreflight: true },
  },
  {
    ...preflight(
      'a preflight whose methods are no list',
      { headers: { ...SAME, 'Access-Control-Allow-Methods': 'PUT;' } },
      { failure: 'invalid_list', value: 'Access-Control-Allow-Methods' },
    ),
    firefox: { failure: 'invalid_list', value: 'Access-Control-Allow-Methods', ofPreflight: true },
  },
  {
    name: 'a redirect to a URL with a password',
    ask: {},
    actual: { status: 302, headers: { ...SAME, Location: 'http://user:word@127.0.0.1/' } },
    chromium: { failure: 'redirect', value: null },
    firefox: { failure: 'no_answer' },
  },
  {
    name: 'a header that is not exposed',
    ask: `new Promise((done) => {
      const it = new XMLHttpRequest();
      it.onloadend = () => done(it.getResponseHeader('ETag'));
      it.open('GET', URL);
      it.send();
    })`,
    actual: { headers: { ...SAME, ETag: '"1"' } },
    chromium: { failure: 'unreadable_header', value: 'ETag' },
    firefox: null,
  },
  element('an image', "const it = new Image(); it.crossOrigin = ''; it.src = URL"),
  element(
    'a stylesheet',
    "const it = document.createElement('link'); it.rel = 'stylesheet'; it.crossOrigin = ''; it.href = URL; document.head.append(it)",
  ),
  element(
    'a module script',
    "const it = document.createElement('script'); it.type = 'module'; it.src = URL; document.head.append(it)",
  ),
  {
    ...element('a font', ''),
    ask: "new FontFace('A', 'url(' + URL + ')').load()",
  },
  {
    ...element('an XMLHttpRequest', ''),
    ask: `new Promise((done) => {
      const it = new XMLHttpRequest();
      it.onloadend = done;
      it.open('GET', URL);
      it.send();
    })`,
  },
];
