import type { CompiledRules } from '../../cors/compile.ts';
import { allowedBy, preflightCommand, readCommand } from '../ask.ts';
import type { Note } from '../target.ts';
import type { CdnConfig } from './functions.ts';
import { MAX_CONDITIONS, MAX_REFERENCES } from './limits.ts';

/** What an operator must know of every configuration, and of what this one has. */
export function notesOf(
  rules: CompiledRules,
  { conditions, headers }: CdnConfig,
  isTerraform: boolean,
  name: string,
): readonly Note[] {
  const text = JSON.stringify(headers);
  return [
    ...(isTerraform ? [] : [earlierNote(name)]),
    ...(isTerraform ? [] : conditions.length > 0 ? CALLS : [CALL]),
    {
      about:
        'Alibaba Cloud documents nowhere how a node answers OPTIONS. This configuration writes no Access-Control-Allow-Origin there, so that the bucket decides: an origin that a rule allows gets 200 with Access-Control-Allow-Origin from the bucket, and one that no rule allows 403. If the node answers by itself, browsers refuse each request that needs a preflight.',
      command: preflightCommand(rules),
    },
    {
      about:
        'The grade is "same verdict": browsers judge an actual request by the headers that are written here. The others (Access-Control-Allow-Methods, -Allow-Headers, -Max-Age) are judged in answers to preflights only, which are the bucket\'s.',
    },
    ...(conditions.length > 0 ? [conditionNote(conditions.length)] : []),
    ...(text.includes('"contains"') ? [originNote(rules)] : []),
    ...hyphenNotes(headers),
  ];
}

const conditionNote = (count: number): Note => ({
  about: `A domain has at most ${MAX_CONDITIONS} conditions, those included that it has already, and functions refer to each at most ${MAX_REFERENCES} times; this configuration needs ${count}. If the API refuses the function "condition", it must be applied for (a form is linked in the documentation of the function).`,
});

const CALL: Note = {
  about: 'One call sets the functions.',
  command: 'aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(cat FILE)"',
};

const IDS =
  '(.DomainConfigs.DomainConfig | map({key: (.FunctionArgs.FunctionArg[] | select(.ArgName == "rule").ArgValue | fromjson.name), value: (.ConfigId | tonumber)}) | from_entries)';

/** The first call creates the conditions; their names lead to the ids that the second call refers to. */
const CALLS: readonly Note[] = [
  {
    about: 'The first of two calls creates the conditions, and what needs none.',
    command: `aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(jq -c 'map(select(.parentId | not))' FILE)"`,
  },
  {
    about: 'The second call refers to the conditions by the ids that the first one gave them.',
    command: `aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(aliyun cdn DescribeCdnDomainConfigs --DomainName DOMAIN --FunctionNames condition | jq -c --slurpfile all FILE '${IDS} as $ids | $all[0] | map(select(.parentId) | .parentId |= $ids[.])')"`,
  },
];

const originNote = (rules: CompiledRules): Note => ({
  about:
    'Conditions compare the header Origin with "contains". The documentation says that a value without * must be the whole header and that * stands for any characters, but shows no example with a header. doctor asks with an origin that a rule allows, and with another.',
  command: readCommand(allowedBy(rules).origin),
});

/** Asks with an origin of the list that has a `-`. */
function hyphenNotes(headers: CdnConfig['headers']): readonly Note[] {
  const lists = headers.filter(({ isChecked }) => isChecked).map(({ value }) => value ?? '');
  const origin = lists
    .join(',')
    .split(',')
    .find((one) => one.includes('-'));
  if (origin === undefined) return [];
  return [{ about: HYPHEN, command: readCommand(origin) }];
}

const HYPHEN =
  'An older page of the documentation wants - in origins written as %-; the current one does not. A page of an allowed origin that has a - must get its answer, and one of the same origin without its - must not.';

/** Each call adds functions; those of earlier calls stay. */
const earlierNote = (name: string): Note => ({
  about:
    "First delete what earlier calls and the console's cross-origin settings left (DeleteSpecificConfig with each ConfigId): the domain's functions for Access-Control-* and Vary, and conditions of this name. This command lists them.",
  command: `aliyun cdn DescribeCdnDomainConfigs --DomainName DOMAIN --FunctionNames set_resp_header,condition | jq -r '.DomainConfigs.DomainConfig[] | select(any(.FunctionArgs.FunctionArg[]; (.ArgName == "key" and (.ArgValue | test("^(access-control-|vary$)"; "i"))) or (.ArgName == "rule" and (.ArgValue | fromjson.name | startswith("${name}_"))))) | .ConfigId'`,
});
