import type { ReaEventMap } from '@rea/core';
import { isA, messageOf, ownerOf, readThrown } from '@rea/core/internal';

const FRAME = /^\s+at /;

/** How many causes of an error are shown. */
const MOST_CAUSES = 5;

/** The failure of a handler that Restate goes on trying, for the person who waits for it. */
export function failureReport(
  { service, handler, key, error, invocationId }: ReaEventMap['error'],
  attempts: number,
): string {
  const place = key === undefined ? `${service}/${handler}` : `${service}/${key}/${handler}`;
  return [
    `REA9030: ${place} keeps failing (attempt ${attempts}, ${invocationId}), and Restate tries it again: whatever waits for it hangs.`,
    ...describe(error),
    'Fix the handler. If the call is to fail, throw a TerminalError or a Nest HttpException, or bound the tries: retryPolicy: { maxAttempts }. In a test, { server: "no-retry" } fails at the first error; createTestApp({ failures: "off" }) hides this.',
  ].join('\n');
}

/** The error and its causes, each with the frames of the application's own code. */
function describe(error: unknown): string[] {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && depth < MOST_CAUSES; depth += 1) {
    const prefix = depth === 0 ? '  ' : '  caused by ';
    // That of a failed run has a stack in it.
    const message = messageOf(current)
      .split('\n')
      .filter((line) => !FRAME.test(line));
    const name = isA(current, Error) ? readThrown(current, 'name') : undefined;
    const named = typeof name === 'string' ? `${name}: ` : '';
    lines.push(`${prefix}${named}${message.join('\n  ')}`, ...ownFrames(readThrown(current, 'stack')));
    current = readThrown(current, 'cause');
  }
  return lines;
}

function ownFrames(stack: unknown): string[] {
  const frames = (typeof stack === 'string' ? stack : '').split('\n').filter((line) => FRAME.test(line));
  const own = frames.filter((frame) => {
    const file = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/]|node:)[^)]*?)(?::\d+){1,2}\)?$/.exec(frame)?.[1];
    return file !== undefined && ownerOf(file).kind === 'application';
  });
  return (own.length > 0 ? own : frames.slice(0, 3)).map((frame) => `    ${frame.trim()}`);
}
