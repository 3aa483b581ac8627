import type { Attempt } from '../invocation/attempt.js';
import type { ReaModuleOptions } from '../rea.options.js';

const ALWAYS = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'];

/** Names of headers that hold secrets, in lower case: what Restate keeps of them, whoever reads the journal sees. */
export function secretHeadersOf({ secretHeaders = [] }: Pick<ReaModuleOptions, 'secretHeaders'>): ReadonlySet<string> {
  return new Set([...ALWAYS, ...secretHeaders.map((name) => name.toLowerCase())]);
}

/** The names among some headers that hold secrets and are not allowed for this call. */
export function secretsAmong(
  headers: Readonly<Record<string, string>>,
  secrets: ReadonlySet<string>,
  allowed: readonly string[] = [],
): string[] {
  const lowered = allowed.map((name) => name.toLowerCase());
  return Object.keys(headers).filter((name) => {
    const lower = name.toLowerCase();
    return secrets.has(lower) && !lowered.includes(lower);
  });
}

/**
 * The guardrail on headers of calls inside handlers. It drops none: replay compares headers, and an invocation that is in
 * flight has sent them.
 *
 * @throws PolicyViolationError when the policy refuses
 */
export function checkDurableHeaders(
  attempt: Attempt,
  verb: string,
  headers: Readonly<Record<string, string>> | undefined,
  allowed: readonly string[] | undefined,
): void {
  if (!headers) return;
  for (const name of secretsAmong(headers, attempt.handler.secretHeaders, allowed)) {
    attempt.report('secret-header', `${verb} with the header "${name}"`);
  }
}
