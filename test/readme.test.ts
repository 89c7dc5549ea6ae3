import { describe, expect, test } from 'vitest';
import { anchorOf, groupsOf, missingLine, stepsOf } from '../scripts/readme-steps.ts';

const PAGE = `# A page

\`\`\`sh
npm start
\`\`\`

## Many buckets, here

\`\`\`sh
# a comment, not a heading
curl one
\`\`\`

\`\`\`text
first
second
\`\`\`

### Below it

<!-- side by side -->

\`\`\`sh
npm run one
\`\`\`

<!-- side by side -->

\`\`\`sh
npm run two
\`\`\`

## Another

\`\`\`js
not.a.command();
\`\`\`

\`\`\`sh
npm run three
\`\`\`
`;

const commands = (section?: string) => stepsOf(PAGE, section).map(({ command }) => command);

describe('the commands of a page', () => {
  test('are its sh blocks, with the lines of the text block after each', () => {
    expect(commands()).toEqual([
      'npm start',
      '# a comment, not a heading\ncurl one',
      'npm run one',
      'npm run two',
      'npm run three',
    ]);
    expect(stepsOf(PAGE)[1]?.expected).toEqual(['first', 'second']);
    expect(stepsOf(PAGE)[4]?.expected).toEqual([]);
  });

  test.each([
    ['the sections below it included', 'many-buckets-here', 3],
    ['a section below another', 'below-it', 2],
    ['the whole page by its title', 'a-page', 5],
    ['an unknown section has none', 'nothing', 0],
  ])('of one section: %s', (_, section, count) => {
    expect(commands(section)).toHaveLength(count);
  });

  test('run one after the other, except neighbours that the page marks', () => {
    expect(groupsOf(stepsOf(PAGE)).map((group) => group.length)).toEqual([1, 1, 2, 1]);
  });
});

test('an anchor is made from a heading as GitHub makes it', () => {
  expect(anchorOf('On a CDN, `Vary` & co.: 2 ways')).toBe('on-a-cdn-vary--co-2-ways');
});

describe('an output', () => {
  test.each([
    ['has all lines, with others between', 'a\nx\nb\n', ['a', 'b'], null],
    ['lacks a line', 'a\n', ['a', 'b'], 'b'],
    ['has the lines in another order', 'b\na\n', ['a', 'b'], 'b'],
    ['is compared with nothing', '', [], null],
  ])('that %s', (_, output, expected, missing) => {
    expect(missingLine(output, expected)).toBe(missing);
  });
});
