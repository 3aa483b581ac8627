/** One thing a reader of a guide does or sees. */
export type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'patch'; readonly path: string; readonly diff: string }
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'output'; readonly lines: readonly string[] };

/** A heading of the guide, and the steps under it. */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

const HEADING = /^## (.*)$/;
const FILE = /^`([\w./-]+)`$/;
const FENCE = /^```(\w*)$/;

/**
 * Reads a guide as its reader does: a block of `ts` or `diff` goes into the file that is named above it, the lines of `sh`
 * are typed, and what `text` and `json` show is what comes out.
 */
export function readGuide(markdown: string): Section[] {
  const sections: { title: string; steps: Step[] }[] = [{ title: '', steps: [] }];
  const lines = markdown.split('\n');
  let file: string | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const title = HEADING.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, steps: [] });
    file = FILE.exec(line)?.[1] ?? file;
    const language = FENCE.exec(line)?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    sections.at(-1)?.steps.push(...stepsOf(language, lines.slice(at + 1, end), file));
    at = end;
  }
  return sections;
}

function stepsOf(language: string, block: readonly string[], path: string | undefined): Step[] {
  switch (language) {
    case 'ts':
    case 'diff': {
      if (path === undefined) throw new Error(`No file is named above the block "${block[0]}".`);
      const text = block.join('\n');
      return [language === 'ts' ? { kind: 'file', path, text: `${text}\n` } : { kind: 'patch', path, diff: text }];
    }
    case 'sh':
      return block.map((command) => ({ kind: 'command', command }));
    case 'text':
    case 'json':
      return [{ kind: 'output', lines: block }];
    default:
      throw new Error(`The guide has a block of "${language}", and a test does not know what to do with it.`);
  }
}

/** Applies a diff without line numbers; what it replaces has to be there once. */
export function applyDiff(source: string, diff: string): string {
  const lines = diff.split('\n');
  const side = (other: string) => lines.filter((line) => !line.startsWith(other)).map((line) => line.slice(1));
  const before = side('+').join('\n');
  const parts = source.split(before);
  if (parts.length !== 2) throw new Error(`Found ${parts.length - 1} times, not once:\n${before}`);
  return parts.join(side('-').join('\n'));
}
