import { cachedOf } from '../../doctor/cached.ts';
import { evidenceOf, shownTarget } from '../../doctor/evidence.ts';
import type { Answered, Exchange } from '../../doctor/transcript.ts';
import { jsonText } from '../formats/json.ts';
import type { DoctorReport } from './report.ts';

/** The report for a program. No query of the URL and no value of a cookie is in it. */
export function doctorJson(report: DoctorReport): string {
  const { question, message, rules, transcript, layers, verdict, findings, browsers } = report;
  const { origin, method, headers, credentials } = question;
  return jsonText({
    request: { url: shownUrl(question.url), origin, method, headers, credentials },
    message,
    rules,
    verdict,
    answeredBy: layers.map(({ layer, line }) => ({ name: layer.name, kind: layer.kind, line })),
    findings,
    requests: transcript.map(requestOf),
    browsers,
  });
}

const shownUrl = (url: string): string => `${new URL(url).origin}${shownTarget(url)}`;

function requestOf(one: Exchange) {
  const { number, step, sent, trouble, milliseconds, peer } = one;
  const common = {
    number,
    step,
    method: sent.method,
    url: shownUrl(sent.url),
    headers: sent.headers,
    milliseconds,
    peer,
  };
  if (one.received === null) return { ...common, trouble };
  const answered = one as Answered;
  return {
    ...common,
    status: one.received.status,
    lines: evidenceOf(answered, [], ALSO).lines,
    fromCache: cachedOf(answered).hit,
  };
}

/** Lines that explain an answer, beside those of CORS and of caches. */
const ALSO = [
  'server',
  'via',
  'cache-control',
  'content-type',
  'content-length',
  'content-range',
  'content-encoding',
  'accept-ranges',
  'etag',
  'date',
];
