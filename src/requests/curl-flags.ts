/** The long names of curl's short flags that count here or take a value. */
export const SHORT: Readonly<Record<string, string>> = {
  A: 'user-agent',
  b: 'cookie',
  C: 'continue-at',
  c: 'cookie-jar',
  D: 'dump-header',
  d: 'data',
  E: 'cert',
  e: 'referer',
  F: 'form',
  G: 'get',
  H: 'header',
  I: 'head',
  K: 'config',
  m: 'max-time',
  o: 'output',
  P: 'ftp-port',
  Q: 'quote',
  r: 'range',
  T: 'upload-file',
  t: 'telnet-option',
  U: 'proxy-user',
  u: 'user',
  w: 'write-out',
  X: 'request',
  x: 'proxy',
  Y: 'speed-limit',
  y: 'speed-time',
  z: 'time-cond',
};

/** curl's flags with a value, by their long names (`curl --help all`). Any other flag stands alone. */
const WITH_VALUE = new Set(
  `abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
  continue-at cookie cookie-jar crlfile curves data data-ascii data-binary data-raw data-urlencode dns-interface
  dns-servers doh-url dump-header engine etag-compare etag-save expect100-timeout form form-string ftp-port header
  hsts interface json keepalive-time key key-type limit-rate local-port login-options max-filesize max-redirs max-time
  netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey proto proto-default proto-redir
  proxy proxy-cacert proxy-cert proxy-header proxy-key proxy-pass proxy-user quote range rate referer request
  request-target resolve retry retry-delay retry-max-time service-name socks4 socks4a socks5 socks5-hostname
  speed-limit speed-time stderr telnet-option time-cond tls-max tls13-ciphers trace trace-ascii unix-socket upload-file
  url url-query user user-agent variable write-out`.split(/\s+/),
);

/** One flag of a curl command; a word that belongs to no flag is a `url`. */
export interface CurlFlag {
  readonly name: string;
  readonly value: string;
}

/** Reads the words behind `curl`: `-XPUT`, `-sSL`, `--header=a`, `--header a`. */
export function curlFlags(words: readonly string[]): readonly CurlFlag[] {
  const flags: CurlFlag[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!word.startsWith('-') || word === '-') flags.push({ name: 'url', value: word });
    else if (word.startsWith('--')) {
      const [name = '', ...rest] = word.slice(2).split('=');
      const inline = rest.length > 0 ? rest.join('=') : null;
      flags.push({ name, value: WITH_VALUE.has(name) ? (inline ?? left.shift() ?? '') : '' });
    } else {
      flags.push(...cluster(word.slice(1), left));
    }
  }
  return flags;
}

/** Short flags in one word; the rest of the word, or the next word, is the value of the first that takes one. */
function cluster(letters: string, left: string[]): CurlFlag[] {
  const flags: CurlFlag[] = [];
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters.charAt(at);
    const name = SHORT[letter] ?? letter;
    if (!WITH_VALUE.has(name)) {
      flags.push({ name, value: '' });
      continue;
    }
    flags.push({ name, value: letters.slice(at + 1) || (left.shift() ?? '') });
    break;
  }
  return flags;
}
