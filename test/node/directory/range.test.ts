import { expect, test } from 'vitest';
import { rangeToApply } from '../../../src/node/directory/range.ts';

// An object of 1000 bytes, as in OSS's own examples. Whole: the header is ignored.
const whole = undefined;

test.each([
  ['first and last', 'bytes=0-499', 'bytes=0-499', 'bytes=0-499'],
  ['one byte', 'bytes=999-999', 'bytes=999-999', 'bytes=999-999'],
  ['from a byte on', 'bytes=500-', 'bytes=500-', 'bytes=500-'],
  ['the last bytes', 'bytes=-500', 'bytes=-500', 'bytes=-500'],
  ['as many last bytes as there are', 'bytes=-1000', 'bytes=-1000', 'bytes=-1000'],
  ['a last byte beyond the end', 'bytes=500-1000', whole, 'bytes=500-1000'],
  ['a first byte beyond the end', 'bytes=1000-2000', whole, 'bytes=1000-2000'],
  ['from beyond the end on', 'bytes=1000-', whole, 'bytes=1000-'],
  ['more last bytes than there are', 'bytes=-2000', whole, 'bytes=0-'],
  ['the last zero bytes', 'bytes=-0', whole, 'bytes=-0'],
  ['a number of 400 digits', `bytes=${'9'.repeat(400)}-`, whole, `bytes=${'9'.repeat(400)}-`],
  ['last before first', 'bytes=5-2', whole, whole],
  ['two ranges', 'bytes=0-1,4-5', whole, whole],
  ['neither first nor last', 'bytes=-', whole, whole],
  ['a misspelt unit', 'byte=0-499', whole, whole],
  ['no unit', '0-499', whole, whole],
  ['letters for numbers', 'bytes=a-b', whole, whole],
])('OSS and RFC 9110 treat a range: %s', (_, range, applied, standard) => {
  expect(rangeToApply('GET', { range }, 1000)).toBe(applied);
  expect(rangeToApply('GET', { range, 'x-oss-range-behavior': 'standard' }, 1000)).toBe(standard);
});

test.each([
  ['for HEAD', 'HEAD', { range: 'bytes=0-1' }],
  ['with a weak If-Range', 'GET', { range: 'bytes=0-1', 'if-range': 'W/"x"' }],
  ['without a Range header', 'GET', {}],
])('the whole object is sent %s', (_, method, headers) => {
  expect(rangeToApply(method, headers, 1000)).toBeUndefined();
});
