import type { Instrumentation } from '@rea/core/internal';

/** Several as one; undefined when there is none. Only one of them may have each of the optional members. */
export function combine(...parts: readonly (Instrumentation | undefined)[]): Instrumentation | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length > 1 ? merged(given) : given[0];
}

function merged(parts: readonly Instrumentation[]): Instrumentation {
  const withMember = (name: keyof Instrumentation) => parts.find((part) => part[name]);
  const logger = withMember('logger')?.logger;
  const opened = withMember('opened');
  const begin = withMember('begin');
  const request = withMember('request');
  const headers = withMember('headers');
  return {
    hooks: parts.flatMap(({ hooks }) => hooks),
    ...(logger ? { logger } : {}),
    ...(opened ? { opened: (ctx, attempt) => opened.opened!(ctx, attempt) } : {}),
    ...(begin ? { begin: (attempt, part) => begin.begin!(attempt, part) } : {}),
    ...(request ? { request: (what, send) => request.request!(what, send) } : {}),
    ...(headers ? { headers: (isDelayed) => headers.headers!(isDelayed) } : {}),
  };
}
