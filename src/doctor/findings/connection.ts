import type { Case } from '../case.ts';
import { sentLine } from '../evidence.ts';
import type { Found, Kind } from '../finding.ts';
import type { Exchange, Trouble } from '../transcript.ts';

const troubled = (one: Case, kinds: readonly Trouble['kind'][]): readonly Exchange[] =>
  one.transcript.filter(({ trouble }) => trouble !== null && kinds.includes(trouble.kind));

function foundOf(failed: readonly Exchange[], name: string): Found | null {
  const [first] = failed;
  if (first?.trouble == null) return null;
  return {
    evidence: failed
      .slice(0, 3)
      .map((one) => ({ request: one.number, sent: sentLine(one), lines: [`(${one.trouble?.because})`] })),
    fault: { of: 'connection', name, because: `${capital(first.trouble.because)}.` },
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const CONNECTION = {
  certificate_refused: {
    severity: 'error',
    title: 'The certificate of the server is not accepted',
    meaning:
      'Browsers break the connection off before CORS. The console says net::ERR_CERT_… or a CORS error without a status.',
    cure: 'Deploy a certificate with this name and its whole chain, by an authority that browsers know.',
    topic: null,
    find: (one) => foundOf(troubled(one, ['certificate']), 'the certificate'),
  },
  no_answer: {
    severity: 'error',
    title: 'The server gives no answer',
    meaning:
      'A browser says "Failed to fetch", "NetworkError" or "Load failed", and often a CORS error without a status.',
    cure: 'Check the name, the port and the firewall, and whether the server runs; --timeout waits longer.',
    topic: null,
    find: (one) => foundOf(troubled(one, ['name', 'refused', 'late', 'closed']), 'the connection'),
  },
  malformed_answer: {
    severity: 'error',
    title: 'The answer is not HTTP',
    meaning:
      'Browsers drop an answer whose head they cannot parse: net::ERR_INVALID_HTTP_RESPONSE, or a CORS error without a status.',
    cure: 'Find the program that writes the line: a header without a name, a blank before the colon, a control character, two lengths.',
    topic: null,
    find: (one) => foundOf(troubled(one, ['malformed']), 'the program that writes the answer'),
  },
} as const satisfies Readonly<Record<string, Kind>>;
