import { ReaOptionsError } from '@rea/core';
import { checkTimerOption } from '@rea/core/internal';
import type { IngressConnectionOptions, NamedConnectionOptions } from './ingress.options.js';
import type { IngressRetryOptions } from './ingress-retry.js';

/**
 * Checks the options of a connection when the application starts.
 *
 * @param name undefined for the connection without one
 * @throws ReaOptionsError which names the option and the cure
 */
export function checkedConnection(name: string | undefined, options: IngressConnectionOptions): NamedConnectionOptions {
  const path = (option: string) => `${name === undefined ? '' : `connections.${name}.`}${option} of IngressModule`;
  const { url, adminUrl, timeout, retry } = options;
  if (!url) throw new ReaOptionsError(path('url'), name === undefined ? FROM_REA : MISSING);
  for (const [option, value] of Object.entries({ url, adminUrl })) {
    if (value !== undefined && !isHttp(value)) throw new ReaOptionsError(path(option), `is "${value}". ${HTTP}`);
  }
  checkTimerOption(path('timeout'), timeout, 1);
  if (typeof retry === 'object') checkRetry(retry, (option) => path(`retry.${option}`));
  return { ...options, url };
}

const HTTP = 'Set an http:// or https:// URL, for example http://restate:8080.';
const MISSING = `is missing. ${HTTP}`;
const FROM_REA =
  'is missing, and there is no ReaModule to take it from. Import ReaModule, or set IngressModule.forRoot({ url }).';

function isHttp(url: string): boolean {
  return /^https?:\/\//.test(url) && URL.canParse(url);
}

function checkRetry({ maxAttempts = 1, ...intervals }: IngressRetryOptions, path: (option: string) => string): void {
  if (!(maxAttempts >= 1)) throw new ReaOptionsError(path('maxAttempts'), `is ${maxAttempts}. Set 1 or more.`);
  for (const [option, value] of Object.entries(intervals)) checkTimerOption(path(option), value);
}
