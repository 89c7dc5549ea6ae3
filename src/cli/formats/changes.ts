import { relative } from 'node:path';
import type { Change, Changes } from '../../analysis/change.ts';
import { sentenceOf } from '../../analysis/sentence.ts';
import type { Opened } from '../sources/opened.ts';
import { folded } from './fold.ts';
import { annotationLine } from './github.ts';
import { jsonText } from './json.ts';
import { type Paint, visible } from './paint.ts';
import { paintDiff } from './text-diff.ts';

/** Two rule sets, compared. */
export interface Comparison extends Changes {
  readonly before: Pick<Opened, 'name' | 'path'>;
  readonly after: Pick<Opened, 'name' | 'path'>;
  /** The unified diff of both in canonical XML; empty if they are equal. */
  readonly text: readonly string[];
  /** The dialects by which they answer, one if both have the same. */
  readonly stores: readonly string[];
  /** `wider` or `narrower`: other changes are left out. */
  readonly only: 'all' | 'wider' | 'narrower';
}

const HEADINGS = {
  allowed: 'Newly allowed',
  refused: 'Newly refused',
  answered: 'Answered otherwise',
} as const satisfies Readonly<Record<Change['effect'], string>>;

const EFFECTS = Object.keys(HEADINGS) as readonly Change['effect'][];

/** What cannot be said of rule sets with too many classes or rules. */
export const INCOMPLETE =
  'The rules are too many, or have too many patterns, to compare all requests: there may be more changes.';

export function changesTable(found: Comparison, paint: Paint, width?: number): string {
  const { text, changes, complete } = found;
  const colour = { allowed: paint.green, refused: paint.red, answered: paint.yellow };
  const sections = EFFECTS.flatMap((effect) => {
    const lines = linesOf(changes, effect);
    return lines.length === 0
      ? []
      : [colour[effect](`${HEADINGS[effect]}:`), ...lines.map((line) => `  ${line}`), ''];
  });
  return [
    ...paintDiff(text, paint),
    ...(text.length > 0 ? [''] : []),
    ...folded([...sections, ...(complete ? [] : [paint.yellow(INCOMPLETE)]), lastLine(found)], width),
  ].join('\n');
}

/** Most sentences under one heading. */
const MOST = 50;

/** The sentences of one effect; the rest are counted, and so are answers to origins that no browser sends. */
function linesOf(changes: readonly Change[], effect: Change['effect']): readonly string[] {
  const ofEffect = changes.filter((change) => change.effect === effect);
  const shown = changes.every(isNoise) ? ofEffect : ofEffect.filter((change) => !isNoise(change));
  const noise = ofEffect.length - shown.length;
  return [
    ...shown.slice(0, MOST).map(sentenceOf),
    ...(shown.length > MOST ? [`and ${shown.length - MOST} more`] : []),
    ...(noise > 0 ? [`${noise} more about origins that no browser sends`] : []),
  ];
}

/** Whether other answers are all that changes, and no browser gets them. */
const isNoise = ({ effect, origins }: Change): boolean =>
  effect === 'answered' && origins.length > 0 && origins.every(({ isUsual }) => !isUsual);

function lastLine({ before, after, changes, text, only, complete, stores }: Comparison): string {
  const as =
    stores.length === 1 ? `as store ${stores[0]} answers` : `as stores ${stores.join(' and ')} answer`;
  if (changes.length > 0) {
    const counts = EFFECTS.map((effect) => ({
      effect,
      count: changes.filter((change) => change.effect === effect).length,
    }));
    const parts = counts.filter(({ count }) => count > 0);
    return `${parts.map(({ effect, count }) => `${count} ${HEADINGS[effect].toLowerCase()}`).join(', ')} (${as})`;
  }
  const names = `${visible(before.name)} and ${visible(after.name)}`;
  if (text.length === 0) return `${names} have the same rules.`;
  if (!complete) return 'No change was found among the requests that were compared.';
  const what = only === 'all' ? 'No request is answered otherwise' : `No page is ${ONLY[only]}`;
  return `${what} (${as}).`;
}

const ONLY = { wider: 'let in further', narrower: 'refused more' } as const;

export function changesJson({ before, after, text, changes, complete, only, stores }: Comparison): string {
  return jsonText({
    before: before.name,
    after: after.name,
    stores,
    only,
    sameText: text.length === 0,
    complete,
    changes: changes.map(({ changed, ...change }) => ({
      sentence: sentenceOf({ changed, ...change }),
      ...change,
      ...changed,
      before: change.before,
      after: change.after,
      ...(changed.kind === 'answer' && { values: { before: changed.before, after: changed.after } }),
      ...(changed.kind === 'vary' && { responseVary: changed.after }),
    })),
    diff: text.join('\n'),
  });
}

/** What lets pages do more is an error, whatever its effect. */
const levelOf = ({ effect, isWider }: Change) =>
  isWider ? 'error' : effect === 'refused' ? 'warning' : 'notice';

/** Annotations of the second source, if it is a file. */
export function changesGithub({ after, changes, complete }: Comparison): string {
  const file = after.path === undefined ? {} : { file: relative('', after.path) };
  const lines = changes.map((change) =>
    annotationLine({
      level: levelOf(change),
      ...file,
      title: HEADINGS[change.effect],
      message: sentenceOf(change),
    }),
  );
  const title = 'Not all requests were compared';
  return [
    ...lines,
    ...(complete ? [] : [annotationLine({ level: 'warning', ...file, title, message: INCOMPLETE })]),
  ].join('\n');
}
