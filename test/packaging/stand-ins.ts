/** Times and durations: they differ from run to run, and mean nothing. */
const NOISE = String.raw`\d+/\d+/\d+, \d+:\d+:\d+ [AP]M|after \d+\.\d s|\+\d+ms`;
/** Process ids, ports and ids: they differ from run to run, and are the same thing wherever the guide repeats them. */
const NAME = String.raw`(?:inv|dp)_\w+|\b\d{4,}\b`;

/**
 * A guide shows the process ids, ports and ids of one run. Each stands for what takes its place in another run: once
 * found in the output, it is the same from then on, in commands as in output.
 */
export class StandIns {
  private readonly actual: Map<string, string>;

  constructor(known: Readonly<Record<string, string>>) {
    this.actual = new Map(Object.entries(known));
  }

  /** @param text of the guide @returns what to type in this run */
  substitute(text: string): string {
    return this.parts(text)
      .map((part) => this.actual.get(part) ?? part)
      .join('');
  }

  /** Whether the line is the one that the guide shows; what it shows for the first time is learned. */
  matches(shown: string, line: string): boolean {
    const names: string[] = [];
    const pattern = this.parts(shown).map((part) => {
      const known = this.actual.get(part);
      if (known !== undefined) return escape(known);
      if (is(NOISE, part))
        return escape(part)
          .replaceAll(/\d+/g, String.raw`\d+`)
          .replace(/[AP]M$/, '[AP]M');
      if (!is(NAME, part)) return escape(part);
      if (names.includes(part)) return `\\${names.indexOf(part) + 1}`;
      names.push(part);
      return String.raw`(\w+)`;
    });
    const found = new RegExp(`^${pattern.join('')}$`).exec(line);
    for (const [index, name] of names.entries()) {
      const value = found?.[index + 1];
      if (value !== undefined) this.actual.set(name, value);
    }
    return found !== null;
  }

  private parts(text: string): string[] {
    const known = [...this.actual.keys()].map(escape);
    return text.split(new RegExp(`(${[NOISE, ...known, NAME].join('|')})`));
  }
}

function is(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
