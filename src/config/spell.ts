import { OPTIONS, type OptionName, optionOf } from './options.ts';

/** How the operator writes an option, alone or with a value; start faults print it. */
export type Spell = (option: OptionName, value?: string) => string;

/** On the command line: `--region cn-hangzhou`; a flag that stands alone has no `true` behind it. */
export const asFlag: Spell = (option, value) =>
  `--${OPTIONS[option].flag}${value === undefined || optionOf(option).alone ? '' : ` ${value}`}`;

/** Under a bucket in a configuration file: `"region": "cn-hangzhou"`. */
export const asKey: Spell = (option, value) => (value === undefined ? option : `"${option}": "${value}"`);

/** As a variable: `BUCKET_REGION=cn-hangzhou`. */
export const asVariable: Spell = (option, value) =>
  value === undefined ? OPTIONS[option].variable : `${OPTIONS[option].variable}=${value}`;
