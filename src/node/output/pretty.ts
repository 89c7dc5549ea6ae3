import { type Paint, visible } from '../../cli/formats/paint.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Returns a log line, a JSON object, as text for a person, with its line break. */
export function prettyLine(line: string, paint: Paint): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Fields;
  const begin = `${paint.dim(clockTime(String(time)))} ${levelText(String(level), paint)}`;
  const isRequest = msg === 'request';
  const text = isRequest
    ? requestText(fields, paint)
    : `${visible(String(msg))}${sameLine(level, fields, paint)}`;
  const below = level === 'info' || isRequest ? '' : details(fields, paint);
  return `${begin} ${text}${below}\n`;
}

/** In the time zone of the reader. */
function clockTime(iso: string): string {
  const at = new Date(iso);
  const two = (number: number): string => String(number).padStart(2, '0');
  const seconds = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

const LEVEL_WIDTH = 5;

function levelText(level: string, { red, yellow, green }: Paint): string {
  const text = level.toUpperCase().padEnd(LEVEL_WIDTH);
  return level === 'error' ? red(text) : level === 'warn' ? yellow(text) : green(text);
}

/** Method, status, bucket and path, then what a preflight asks for, and why the answer is as it is. */
function requestText(fields: Fields, paint: Paint): string {
  const { method, status, bucket, path, totalMs } = fields;
  return [
    shown(method),
    statusText(status, paint),
    bucket === null ? '' : paint.bold(shown(bucket)),
    shown(path),
    askedText(fields.asked),
    whyText(fields, paint),
    paint.dim(`${shown(totalMs)} ms`),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The client has left before an answer if there is no status. */
function statusText(status: unknown, { red, yellow, green }: Paint): string {
  if (typeof status !== 'number') return yellow('---');
  const text = String(status);
  return status >= 500 ? red(text) : status >= 400 ? yellow(text) : green(text);
}

function askedText(asked: unknown): string {
  if (typeof asked !== 'object' || asked === null) return '';
  const { method, headers } = asked as Fields;
  const named = headers === null ? '' : ` with ${shown(headers)}`;
  return `(for ${method === null ? 'no method' : shown(method)}${named})`;
}

function whyText({ because, code, cause, decision }: Fields, { red, yellow, dim }: Paint): string {
  const failed = code === null ? '' : red(cause === null ? shown(code) : `${shown(code)}: ${shown(cause)}`);
  const refused = because === null ? '' : yellow(shown(because));
  if (failed !== '' || refused !== '') return [failed, refused].filter((part) => part !== '').join(' ');
  return decision === null ? '' : dim(shown(decision));
}

/** The fields of another line of level info, after its message. */
const sameLine = (level: unknown, fields: Fields, { dim }: Paint): string =>
  level === 'info'
    ? given(fields)
        .map(([name, value]) => ` ${dim(`${name}=`)}${shown(value)}`)
        .join('')
    : '';

/** The fields of a warning or an error, each in a line of its own. */
const details = (fields: Fields, { dim }: Paint): string =>
  given(fields)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `\n    ${dim(`${name}:`)} ${shown(one)}`),
    )
    .join('');

const given = (fields: Fields): [string, unknown][] =>
  Object.entries(fields).filter(([, value]) => value !== null && value !== '');

/** A value in one line. Clients and buckets choose texts: one could command the terminal by its control characters. */
const shown = (value: unknown): string =>
  visible(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
