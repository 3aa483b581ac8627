import { APPLICATION_NAME } from './application-name.js';
import { checkDurationOption, checkTimerOption } from './duration-option.js';
import { ReaOptionsError } from './options.error.js';
import { checkOptionNames } from './option-shape.js';
import { checkNode } from './unsupported-node.error.js';
import { resolvePolicy } from './policy/policy-resolution.js';
import { REA_SHAPE, type ReaModuleOptions } from './rea.options.js';
import { WATCH_BOUNDS } from './registration/deployment-watch.js';
import { validateSecurity } from './security/security-validation.js';

/**
 * Refuses options that cannot work, when the module is defined and not at the first request.
 *
 * @throws ReaOptionsError naming the option's path and the cure.
 */
export function validateOptions(options: ReaModuleOptions): ReaModuleOptions {
  checkNode(process.versions.node);
  checkOptionNames('ReaModule', options, REA_SHAPE);
  const { server, endpoint, registration } = options ?? {};
  if (server !== 'embedded' && (typeof server !== 'object' || server === null)) {
    throw new ReaOptionsError(
      'server',
      `${server === undefined ? 'is missing' : `is ${JSON.stringify(server)}`}. Use server: 'embedded' on a laptop, or server: { ingressUrl, adminUrl } for your own Restate server.`,
    );
  }
  if (server !== 'embedded' && !('embedded' in server)) {
    checkUrl('server.ingressUrl', server.ingressUrl);
    if (server.adminUrl !== undefined) checkUrl('server.adminUrl', server.adminUrl);
    else if (endpoint !== false && registration !== false) {
      throw new ReaOptionsError(
        'server.adminUrl',
        'is missing, so the endpoint cannot be registered. Set it (usually port 9070), or set registration: false.',
      );
    }
  } else if (server !== 'embedded') {
    checkPort('server.ingressPort', server.ingressPort);
    checkPort('server.adminPort', server.adminPort);
  }
  if (endpoint) {
    checkPort('endpoint.port', endpoint.port);
    checkTimerOption('endpoint.drainTimeout', endpoint.drainTimeout);
    checkTimerOption('endpoint.shutdownGrace', endpoint.shutdownGrace);
    if (endpoint.advertisedUrl !== undefined) checkUrl('endpoint.advertisedUrl', endpoint.advertisedUrl);
    validateSecurity(endpoint);
  }
  if (registration) {
    checkTimerOption('registration.timeout', registration.timeout);
    if (registration.watch)
      checkDurationOption('registration.watch.interval', registration.watch.interval, WATCH_BOUNDS);
  }
  if (options.namespace !== undefined && !NAMESPACE.test(options.namespace)) {
    throw new ReaOptionsError(
      'namespace',
      `is ${JSON.stringify(options.namespace)}; use letters, digits, dashes and underscores, starting with a letter.`,
    );
  }
  const { name: application } = options;
  if (application !== undefined && application !== false && !isApplicationName(application)) {
    throw new ReaOptionsError(
      'name',
      `is ${JSON.stringify(application)}; use letters, digits, dashes and underscores, starting with a letter or digit.`,
    );
  }
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    if (!(typeof value === 'number' && value >= 0)) {
      throw new ReaOptionsError(`limits.${name}`, `is ${JSON.stringify(value)}; it is a number, 0 or more.`);
    }
  }
  resolvePolicy(options.policy, process.env);
  return options;
}

function checkUrl(path: string, value: unknown): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ReaOptionsError(path, `is ${JSON.stringify(value)}; it has to be a URL like "http://localhost:8080".`);
  }
}

function checkPort(path: string, value: unknown): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535) {
    throw new ReaOptionsError(path, `is ${JSON.stringify(value)}; a port is a whole number from 0 to 65535.`);
  }
}

function isApplicationName(value: unknown): boolean {
  return typeof value === 'string' && APPLICATION_NAME.test(value);
}

const NAMESPACE = /^[a-zA-Z][a-zA-Z0-9_-]*$/;
