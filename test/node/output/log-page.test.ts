import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { until } from '../../helpers/until.ts';
import { configOf, type Logged, startEdge } from '../_running.ts';
import { openStore, rulesFor, UNAVAILABLE } from '../transport/_store.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/logs.md`, 'utf8');

interface Row {
  readonly cells: readonly string[];
  /** The names in backquotes of a cell. */
  readonly names: (cell: number) => string[];
}

/** The rows of the tables whose head begins with this cell. */
function rowsOf(head: string): Row[] {
  const tables = PAGE.split('\n\n').filter((block) => block.startsWith(`| ${head} |`));
  return tables.flatMap((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => {
        const cells = line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim());
        return {
          cells,
          names: (cell) =>
            [...(cells[cell] ?? '').replace(/\([^)]*\)/g, '').matchAll(/`([^`]+)`/g)].map(
              ([, name = '']) => name,
            ),
        };
      }),
  );
}

/** The messages of the page, with the levels and fields of their lines; an ellipsis stands for any text. */
const ROWS = rowsOf('`msg`').map(({ cells, names }) => ({
  msg: names(0)[0] ?? '',
  level: cells[1],
  fields: new Set(names(3)),
}));
const REQUEST = rowsOf('field').flatMap(({ names }) => names(0));

const matches = (documented: string, msg: string): boolean =>
  new RegExp(
    `^${documented
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(msg);

/** What the messages of `log.warn(fields, message)` in the source are, with an ellipsis for each `${…}`. */
function messagesOf(text: string): string[] {
  const consts = new Map(
    [...text.matchAll(/^const (\w+) =\s*((?:'(?:[^'\\]|\\.)*'(?:\s*\+\s*)?)+);/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
  return [...text.matchAll(/\blog\.(?:info|warn|error)\(/g)].flatMap(({ index }) => {
    const last = lastArgument(text.slice(text.indexOf('(', index) + 1));
    const written = consts.get(last) ?? last;
    const literals = [...written.matchAll(/'((?:[^'\\]|\\.)*)'|`([^`]*)`/g)].map(([, one, two]) =>
      (one ?? two ?? '').replace(/\$\{[^}]*\}/g, '…'),
    );
    if (written.includes(' + ') || consts.has(last)) return literals.length === 0 ? [] : [literals.join('')];
    // Of a condition, both of its texts but not the word that it compares.
    return literals.filter((literal) => literal.includes(' '));
  });
}

/** The last argument of a call, from the text after its parenthesis. */
function lastArgument(text: string): string {
  let depth = 1;
  let begin = 0;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === quote && text[at - 1] !== '\\') quote = '';
    } else if (/['`]/.test(character)) quote = character;
    else if (/[([{]/.test(character)) depth += 1;
    else if (/[)\]}]/.test(character)) depth -= 1;
    else if (character === ',' && depth === 1 && text.slice(at + 1).trim()[0] !== ')') begin = at + 1;
    if (depth === 0) return text.slice(begin, at).trim().replace(/,$/, '');
  }
  return '';
}

test('the page names each message that the source logs, and no other', () => {
  const files = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const messages = new Set(files.flatMap((path) => messagesOf(readFileSync(`${ROOT}src/${path}`, 'utf8'))));
  expect(messages.size).toBeGreaterThan(40);
  const unknown = [...messages].filter((msg) => !ROWS.some((row) => matches(row.msg, msg)));
  expect(unknown).toEqual([]);
  // The first three are one word, and the Worker chooses between the last and a longer one.
  const written = [...messages, 'started', 'stopping', 'stopped', 'configuration refused'];
  expect(ROWS.filter(({ msg }) => !written.some((one) => matches(msg, one))).map(({ msg }) => msg)).toEqual(
    [],
  );
});

test('the lines of a running edge have the fields of the page', async () => {
  const store = await openStore(rulesFor('https://a.example'));
  const edge = await startEdge(configOf({ bucket: store.url }));
  const refused = { Origin: 'https://b.example', 'Access-Control-Request-Method': 'PUT' };
  const cookies = { Origin: 'https://a.example', Cookie: 'a=b' };
  for (let at = 0; at < 2; at += 1) {
    await edge.call('/a', { method: 'OPTIONS', headers: refused });
    await edge.call('/a', { headers: cookies });
    await edge.call('/a', { method: 'PROPFIND' });
  }
  store.cors = UNAVAILABLE;
  await edge.cache.refresh(edge.bucket).catch(() => {});
  await until(
    'the requests are logged',
    () => edge.logged().filter(({ msg }) => msg === 'request').length === 6,
  );
  await edge.close();
  await store.close();

  const seen = new Set<string>();
  const wrong = edge.logged().filter((line) => {
    seen.add(line.msg);
    return !isDocumented(line);
  });
  expect(wrong).toEqual([]);
  for (const msg of [
    'request',
    'started',
    'stopping',
    'stopped',
    'requests in flight finished',
    'rules loaded',
    'rules could not be loaded',
    'refused by the rules',
    'refused by the rules again',
    'lost by the page',
    'lost by the page again',
  ])
    expect(seen).toContain(msg);
});

function isDocumented({ msg, level, time, ...fields }: Logged): boolean {
  const names = Object.keys(fields);
  if (msg === 'request') return names.toSorted().join() === REQUEST.toSorted().join();
  return ROWS.some(
    (row) =>
      matches(row.msg, msg) &&
      row.level === level &&
      names.toSorted().join() === [...row.fields].toSorted().join(),
  );
}
