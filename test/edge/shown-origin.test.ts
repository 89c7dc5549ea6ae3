import { expect, test } from 'vitest';
import { shownOrigin, withShownOrigin } from '../../src/edge/shown-origin.ts';

test.each([
  ['https://u:SECRET@x', 'https://…@x'],
  ['https://x?tok=SECRET', 'https://x?…'],
  ['https://x#SECRET', 'https://x#…'],
  ['https://x?a=b@SECRET@c', 'https://…'],
  ['https://x/?u=me@example.com&X-Amz-Signature=SECRET', 'https://…'],
  ['https://u:SECRET?SECRET@x', 'https://…'],
  ['https://x#a@SECRET', 'https://…'],
  ['x#SECRET', 'x#…'],
  ['SECRET@x', '…@x'],
  ['u:SECRET@x', '…@x'],
])('%s is shown as %s, in a sentence too', (origin, shown) => {
  expect(shownOrigin(origin)).toBe(shown);
  const sentence = (named: string) => `No rule lists the origin ${named}. List ${named}.`;
  expect(withShownOrigin(sentence(origin), origin)).toBe(sentence(shown));
});

test.each(['https://a.example', 'http://[::1]:8080', 'null', '', 'https://a, https://b', 'https://a/'])(
  '"%s" is shown as received',
  (origin) => {
    expect(shownOrigin(origin)).toBe(origin);
    expect(withShownOrigin(`the origin ${origin}`, origin)).toBe(`the origin ${origin}`);
  },
);

test('a request without Origin has none', () => {
  expect(shownOrigin(null)).toBeNull();
  expect(withShownOrigin('no Origin', null)).toBe('no Origin');
});
