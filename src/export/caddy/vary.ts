import type { Plan } from '../plan.ts';

type Lines = readonly string[];

/** All Vary lines of the answer as one. */
const OWN = '{http.response.header.Vary}';
const BLANK = '[\\x20\\t]*';

/** Lines for the answers to actual requests: without the bucket's CORS headers, and with the right Vary. */
export function bucketHeaders(name: string, { methods, otherMethod }: Plan): Lines {
  const varied = methods.filter(({ variesByOrigin }) => variesByOrigin).map(({ method }) => method);
  if (otherMethod.variesByOrigin) return varies('');
  if (varied.length === 0) return varyDropped(name, '');
  return [
    `@${name}_varies method ${varied.join(' ')}`,
    ...varies(` @${name}_varies`),
    `@${name}_same not method ${varied.join(' ')}`,
    ...varyDropped(name, ` @${name}_same`),
  ];
}

/** Vary begins with Origin. The bucket's own Origin, and empty items, leave it. A `*` replaces all. */
const varies = (condition: string): Lines => [
  `header${condition} +Vary Origin`,
  `header${condition} {`,
  '    -Access-Control-*',
  `    Vary Origin,${OWN}`,
  `    Vary (?i)(?:,${BLANK}(?:origin${BLANK})?)+(,|$) $1`,
  `    Vary ^(?:.*,)?${BLANK}\\*${BLANK}(?:,.*)?$ *`,
  '    defer',
  '}',
];

/** The bucket's own Origin leaves Vary; a Vary of which nothing remains is deleted, by a name that depends on its value. */
const varyDropped = (name: string, condition: string): Lines => [
  `map ${OWN} {${name}_empty} {`,
  `    ~(?i)^[\\x20\\t,]*(?:origin${BLANK}(?:,[\\x20\\t,]*|$))*$ Vary`,
  '    default Vary-Of-No-Answer',
  '}',
  `header${condition} {`,
  '    -Access-Control-*',
  `    -{${name}_empty}`,
  `    Vary ${OWN}`,
  `    Vary (?i)(?:^|,)(?:${BLANK}origin${BLANK}(?:,|$))+ ,`,
  `    Vary ^[\\x20\\t,]*(.*?)[\\x20\\t,]*$ $1`,
  '    defer',
  '}',
];
