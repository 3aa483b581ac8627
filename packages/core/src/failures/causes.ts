import { bounded, isA, messageOf, readThrown } from './thrown.js';
import { withoutSecrets } from './without-secrets.js';

/** How far down causes are followed. */
const DEEPEST = 5;

/** Errors of one `AggregateError` that are named. */
const MOST_ERRORS = 5;

/** In characters: of one error's message, and of all together. */
const LONGEST_PART = 1_000;
const LONGEST = 4_000;

/**
 * The message of what was thrown with the chain of its causes and, for an `AggregateError`, its errors, for example
 * `fetch failed; cause: connect ECONNREFUSED 127.0.0.1:8080`. Bounded in depth and length; what looks like credentials is
 * hidden. Never throws.
 */
export function withCauses(thrown: unknown): string {
  return bounded(describe(thrown, { seen: new Set(), left: LONGEST }, 0), LONGEST);
}

/** What has been described, and how many characters more are of use. */
interface Walk {
  readonly seen: Set<unknown>;
  left: number;
}

/** Between two parts, in characters, at least. */
const SEPARATOR = 2;

function describe(thrown: unknown, walk: Walk, depth: number): string {
  if (walk.left <= 0) return '...';
  const { seen } = walk;
  if (typeof thrown === 'object' && thrown !== null) {
    if (seen.has(thrown)) return '(the same error again)';
    seen.add(thrown);
  }
  const own = ownText(thrown);
  walk.left -= own.length + SEPARATOR;
  const parts = [own, ...errorsOf(thrown, walk, depth), ...causeOf(thrown, walk, depth)];
  return parts.join('; ');
}

function ownText(thrown: unknown): string {
  const message = withoutSecrets(bounded(messageOf(thrown), LONGEST_PART));
  const code = readThrown(thrown, 'code');
  // Codes of the system and of databases say more than most messages.
  return typeof code === 'string' && /^[\w.-]{1,40}$/.test(code) && !message.includes(code)
    ? `${message} (${code})`
    : message;
}

function causeOf(thrown: unknown, walk: Walk, depth: number): string[] {
  const cause = readThrown(thrown, 'cause');
  if (cause === undefined || cause === null) return [];
  return [`cause: ${depth < DEEPEST ? describe(cause, walk, depth + 1) : '...'}`];
}

function errorsOf(thrown: unknown, walk: Walk, depth: number): string[] {
  if (!isA(thrown, AggregateError)) return [];
  const errors = readThrown(thrown, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return [];
  if (depth >= DEEPEST) return ['errors: ...'];
  const named = errors.slice(0, MOST_ERRORS).map((error) => describe(error, walk, depth + 1));
  const more = errors.length - named.length;
  return [`errors: [${named.join(' | ')}${more > 0 ? ` | and ${more} more` : ''}]`];
}
