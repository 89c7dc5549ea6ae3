import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { enforceable, namesTooLong } from '../enforceable.ts';
import { readExported } from '../exported.ts';
import { type Plan, planOf } from '../plan.ts';
import type { ExportOptions, Note, Target } from '../target.ts';
import { answersPart, OWN_PART, varyPart } from './answers.ts';
import { aclLines, namesOf } from './conditions.ts';
import { bucketPart, factsPart, type Part, preflightPart, rulesPart } from './requests.ts';
import { headersTooLong, needsRoom, REQUESTED_LIMIT, ROOM, ROOM_SECTION, STAR_LIMIT } from './room.ts';
import { PLACEHOLDER, serverLine, targetLines, verifiesAddress } from './server.ts';

/** HAProxy says every rule set. It is a backend of its own: rules of a file's start need no section of the operator's. */
export const haproxy: Target = {
  ...DESCRIPTIONS.haproxy,
  compile: (rules, options) => {
    const { found, refused } = enforceable(
      rules,
      options.allowNarrower,
      (planned) => namesTooLong(planned) ?? headersTooLong(planned),
    );
    if (found === null) return { ok: false, refused };
    const plan = planOf(found);
    const echoes = plan.rules.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
    return {
      ok: true,
      files: [{ name: `${options.name}.cfg`, use: useOf(options), text: textOf(rules, plan, options) }],
      grade: echoes ? 'same verdict' : 'equal',
      notes: [
        ...(echoes ? [REPEATED, ONE_LINE] : []),
        ...(plan.rules.some(({ patterns }) => patterns.length > 0) ? [STAR] : []),
        ...(needsRoom(plan.rules) ? [ROOM_NOTE] : []),
        ...(options.bucketUrl === null ? [ADDRESS] : []),
        ...(verifiesAddress(options.bucketUrl) ? [CERTIFICATE] : []),
      ],
      enforced: found,
      lost: refused,
    };
  },
  read: (text) => readExported(haproxy, text),
};

const useOf = ({ name }: ExportOptions): string =>
  `Give it to HAProxy with a further -f, and name \`default_backend ${name}\` or \`use_backend ${name}\` in your frontend.`;

const REPEATED: Note = {
  about:
    'HAProxy cannot remove duplicates from a list: a name that a preflight requests twice stands twice in Access-Control-Allow-Headers. Browsers send each name once.',
};

const ONE_LINE: Note = {
  about: `A preflight whose Access-Control-Request-Headers stand on several lines, or have more than ${REQUESTED_LIMIT} bytes, is refused: HAProxy cannot join lines, and answers within 16 KB. Browsers send one line.`,
};

const STAR: Note = {
  about: `A \`*\` of an origin stands for at most ${STAR_LIMIT} characters: the origin is a header of the answer, whose room is limited. The host of a browser's origin has at most 253.`,
};

const ROOM_NOTE: Note = {
  about: `The headers of these rules need more room than HAProxy's preset: the file sets \`tune.maxrewrite ${ROOM}\` for the whole process, also in place of a value in your own file. The head of a request then has at most 12 KB in place of 15.`,
};

const ADDRESS: Note = {
  about: `The address of the bucket is not known: ${PLACEHOLDER} stands for it in the last line.`,
};

const CERTIFICATE: Note = {
  about:
    'The bucket is an IP address: HAProxy accepts a certificate only if its common name or a DNS name of it is this address. It does not compare IP addresses of a certificate (https://github.com/haproxy/haproxy/issues/3373).',
};

function textOf(rules: CompiledRules, plan: Plan, options: ExportOptions): string {
  const names = namesOf(options.name);
  const hasRules = plan.rules.length > 0;
  const acls = aclLines(plan, names);
  const parts: readonly Part[] = [
    factsPart(names),
    ...(hasRules
      ? [
          {
            about:
              "The rules' origins, compared by case and whole, and the names that their AllowedHeaders lack.",
            lines: [...acls, `acl ${names.found} var(${names.rule}) -m found`],
          },
          rulesPart(plan, names),
        ]
      : []),
    preflightPart(rules, plan, names),
    bucketPart(targetLines(options.bucketUrl)),
    OWN_PART,
    answersPart(plan, names),
    varyPart(plan, names),
    { about: 'The bucket.', lines: [serverLine(options.bucketUrl)] },
  ];
  const body = parts.map(({ about, lines }) =>
    [`# ${about}`, ...lines].map((line) => `    ${line}`).join('\n'),
  );
  const banner = bannerOf('haproxy', rules, options, '#', useOf(options));
  const room = needsRoom(plan.rules) ? `${ROOM_SECTION}\n` : '';
  return `${banner}\n${room}backend ${options.name}\n    mode http\n\n${body.join('\n\n')}\n`;
}
