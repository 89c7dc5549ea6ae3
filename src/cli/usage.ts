import { OPTION_NAMES, optionOf } from '../config/options.ts';

const flags = OPTION_NAMES.map(optionOf).map(({ flag, variable, about, ...option }) => {
  const preset = option.default === null ? '' : ` (default ${option.default})`;
  return `  --${flag}, ${variable}${preset}\n      ${about}`;
});

export const USAGE = [
  'Usage: bucket-cors serve --bucket URL [FLAGS]   serve a bucket',
  '       bucket-cors demo [FLAGS]                 the same; without a bucket: an example bucket and a demo page',
  '       bucket-cors help | --version',
  '',
  'Flags, each with the environment variable that does the same; so does BUCKET_CORS_ and the name of the flag in',
  'capitals, which comes first:',
  ...flags,
].join('\n');
