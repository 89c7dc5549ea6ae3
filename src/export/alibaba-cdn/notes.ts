import type { Note } from '../target.ts';
import type { CdnConfig } from './functions.ts';
import { MAX_CONDITIONS, MAX_REFERENCES } from './limits.ts';

/** A preflight as a browser sends it. */
const PREFLIGHT =
  "curl -si -X OPTIONS -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: PUT' https://DOMAIN/";

/** What an operator must know of every configuration, and of what this one has. */
export function notesOf(
  { conditions, headers }: CdnConfig,
  isTerraform: boolean,
  name: string,
): readonly Note[] {
  const text = JSON.stringify(headers);
  return [
    ...(isTerraform ? [] : [earlierNote(name)]),
    ...(isTerraform ? [] : conditions.length > 0 ? callNotes(name) : [callNote(name)]),
    {
      about:
        'Alibaba Cloud documents nowhere how a node answers OPTIONS. This configuration writes no Access-Control-Allow-Origin there, so that the bucket decides: put an origin that a rule allows into the command, and expect 200 with Access-Control-Allow-Origin from the bucket; with an origin that no rule allows, 403. If the node answers by itself, browsers refuse each request that needs a preflight.',
      command: PREFLIGHT,
    },
    {
      about:
        'The grade is "same verdict": browsers judge an actual request by the headers that are written here. The others (Access-Control-Allow-Methods, -Allow-Headers, -Max-Age) are judged in answers to preflights only, which are the bucket\'s.',
    },
    ...(conditions.length > 0 ? [conditionNote(conditions.length)] : []),
    ...(text.includes('"contains"') ? [ORIGIN_CONDITION] : []),
    ...(headers.some(({ isChecked, value }) => isChecked && value?.includes('-')) ? [HYPHEN] : []),
  ];
}

const conditionNote = (count: number): Note => ({
  about: `A domain has at most ${MAX_CONDITIONS} conditions, those included that it has already, and functions refer to each at most ${MAX_REFERENCES} times; this configuration needs ${count}. If the API refuses the function "condition", it must be applied for (a form is linked in the documentation of the function).`,
});

const callNote = (name: string): Note => ({
  about: 'One call sets the functions.',
  command: `aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(cat ${name}.json)"`,
});

/** The first call creates the conditions; their names lead to the ids that the second call refers to. */
const callNotes = (name: string): readonly Note[] => [
  {
    about: 'The first of two calls creates the conditions, and what needs none.',
    command: `aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(jq -c 'map(select(.parentId | not))' ${name}.json)"`,
  },
  {
    about: 'The second call refers to the conditions by the ids that the first one gave them.',
    command: `aliyun cdn BatchSetCdnDomainConfig --DomainNames DOMAIN --Functions "$(aliyun cdn DescribeCdnDomainConfigs --DomainName DOMAIN --FunctionNames condition | jq -c --slurpfile all ${name}.json '${IDS} as $ids | $all[0] | map(select(.parentId) | .parentId |= $ids[.])')"`,
  },
];

const IDS =
  '(.DomainConfigs.DomainConfig | map({key: (.FunctionArgs.FunctionArg[] | select(.ArgName == "rule").ArgValue | fromjson.name), value: (.ConfigId | tonumber)}) | from_entries)';

const ORIGIN_CONDITION: Note = {
  about:
    'Conditions compare the header Origin with "contains". The documentation says that a value without * must be the whole header and that * stands for any characters, but shows no example with a header: ask once with an origin that a rule allows, and once with another.',
  command: "curl -sI -H 'Origin: https://app.example' https://DOMAIN/",
};

const HYPHEN: Note = {
  about:
    'An older page of the documentation wants - in origins written as %-; the current one does not. Ask with an allowed origin that has a -: the answer must name it. Ask with the same origin without its -: the answer must have no Access-Control-Allow-Origin.',
  command: "curl -sI -H 'Origin: https://my-app.example' https://DOMAIN/",
};

/** Each call adds functions; those of earlier calls stay. */
const earlierNote = (name: string): Note => ({
  about:
    "First delete what earlier calls and the console's cross-origin settings left (DeleteSpecificConfig with each ConfigId): the domain's functions for Access-Control-* and Vary, and conditions of this name. This command lists them.",
  command: `aliyun cdn DescribeCdnDomainConfigs --DomainName DOMAIN --FunctionNames set_resp_header,condition | jq -r '.DomainConfigs.DomainConfig[] | select(any(.FunctionArgs.FunctionArg[]; (.ArgName == "key" and (.ArgValue | test("^(access-control-|vary$)"; "i"))) or (.ArgName == "rule" and (.ArgValue | fromjson.name | startswith("${name}_"))))) | .ConfigId'`,
});
