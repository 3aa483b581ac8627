import { readFileSync } from 'node:fs';

/** A guardrail as docs/guardrails.md describes it. */
export interface Described {
  readonly id: string;
  readonly code: string;
  readonly severity: string;
  /** What its section says, from its heading to the next. */
  readonly section: string;
  /** The error in its section. */
  readonly message: string | undefined;
}

const ROW = /^\| `([\w-]+)` *\| (REA\d{4}) *\| (\w+) *\|/gm;

/** The rows of the guide's table, in order, with their sections. */
export function readGuide(): readonly Described[] {
  const text = readFileSync(new URL('../../guardrails.md', import.meta.url), 'utf8');
  return [...text.matchAll(ROW)].map(([, id = '', code = '', severity = '']) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${id}\n`)) ?? '';
    return { id, code, severity, section, message: /```text\n(.*)\n```/.exec(section)?.[1] };
  });
}
