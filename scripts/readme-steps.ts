// The commands of a page and what they print, read from its Markdown.

/** The pages whose commands CI runs, in this order. */
export const PAGES: readonly string[] = [
  'README.md',
  'docs/scenarios.md',
  'docs/recipes.md',
  'docs/management.md',
  'docs/clients.md',
  'docs/objects.md',
  'docs/stores.md',
  'docs/cdn.md',
  'docs/targets.md',
  'docs/commands.md',
  'docs/troubleshooting.md',
  'docs/doctor.md',
  'docs/testing.md',
  'bench/README.md',
];

export interface Step {
  readonly command: string;
  /** Lines that occur in the output, in this order. */
  readonly expected: readonly string[];
  /** The page says that the command may run beside its neighbours that are marked too. */
  readonly sideBySide: boolean;
}

/** Before a command's fence: `<!-- side by side -->`. */
const PART = /^(?:<!-- (side by side) -->\n\n)?```(sh|text)\n(.*?)^```$/gms;

/** The steps of a page, or of one section: the text from its heading to the next heading of that level or above. */
export function stepsOf(page: string, section?: string): Step[] {
  const steps: { command: string; expected: string[]; sideBySide: boolean }[] = [];
  for (const [, mark, kind, body = ''] of sectionOf(page, section).matchAll(PART)) {
    if (kind === 'sh') steps.push({ command: body.trim(), expected: [], sideBySide: mark !== undefined });
    else steps.at(-1)?.expected.push(...body.trimEnd().split('\n'));
  }
  return steps;
}

function sectionOf(page: string, section: string | undefined): string {
  if (section === undefined) return page;
  let level = 0;
  let isInCode = false;
  const lines = page.split('\n').filter((line) => {
    if (line.startsWith('```')) isInCode = !isInCode;
    const [, marks, title] = isInCode ? [] : (/^(#+) (.*)$/.exec(line) ?? []);
    if (marks === undefined || title === undefined) return level > 0;
    if (level === 0 || marks.length <= level) level = anchorOf(title) === section ? marks.length : 0;
    return level > 0;
  });
  return lines.join('\n');
}

/** The anchor that GitHub gives a heading. */
export const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** Steps in the order in which they run: those of one group run at once. */
export function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.sideBySide && last?.[0]?.sideBySide === true) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** The first line that does not occur in the output after the line before it; null if all occur. */
export function missingLine(output: string, expected: readonly string[]): string | null {
  let from = 0;
  for (const line of expected) {
    const at = output.indexOf(line, from);
    if (at === -1) return line;
    from = at + line.length;
  }
  return null;
}
