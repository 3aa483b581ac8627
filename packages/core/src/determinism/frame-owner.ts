import { fileURLToPath } from 'node:url';

/** Whose code a stack frame is. */
export type Owner =
  /** The application's: to blame. */
  | { readonly kind: 'application' }
  /** A library that people ask for randomness, time, waiting or the network: whoever asked it is to blame. */
  | { readonly kind: 'source'; readonly library: string }
  /** A logger or a tracer: its timestamps do not reach the journal. */
  | { readonly kind: 'telemetry' }
  /** Rea itself. */
  | { readonly kind: 'rea' }
  /** Any other library, Node, WebAssembly: what they do for themselves is their business. */
  | { readonly kind: 'other' };

const SOURCES = new Set([
  // randomness and ids
  '@faker-js/faker',
  '@paralleldrive/cuid2',
  'bson',
  'chance',
  'crypto-random-string',
  'cuid',
  'hyperid',
  'nanoid',
  'random',
  'shortid',
  'short-uuid',
  'uid',
  'ulid',
  'ulidx',
  'uuid',
  // time and waiting
  'date-fns',
  'date-fns-tz',
  'dayjs',
  'delay',
  'luxon',
  'moment',
  'moment-timezone',
  // both
  'es-toolkit',
  'lodash',
  'lodash-es',
  'underscore',
  // network
  'axios',
  'cross-fetch',
  'got',
  'ky',
  'node-fetch',
  'ofetch',
  'superagent',
  'undici',
]);

const TELEMETRY = new Set([
  'bunyan',
  'consola',
  'debug',
  'log4js',
  'loglevel',
  'nest-winston',
  'nestjs-pino',
  'pino',
  'pino-http',
  'prom-client',
  'tslog',
  'winston',
]);

/** Nest's loggers are a part of its common package. */
const NEST_LOGGER = /@nestjs\/common\/services\/(console-)?logger\.service/;

/** Subscribers that Rea and Node tell of what happens: they watch the handler, they are no part of it. */
const REA_EVENTS = /\/events\/rea-events\.[jt]s$/;
const NODE_CHANNELS = 'node:diagnostics_channel';

/** Its `getRandomValues` cannot be replaced; it calls the one of the global `crypto`, which is. */
const NODE_CRYPTO = 'node:crypto';

const APPLICATION: Owner = { kind: 'application' };
const TELEMETRY_FRAME: Owner = { kind: 'telemetry' };
const REA: Owner = { kind: 'rea' };
const OTHER: Owner = { kind: 'other' };

/** Where the packages of Rea lie side by side, when they are not in a `node_modules`; undefined in a bundle. */
const REA_PACKAGES = /^(.*\/)[^/]+\/(?:src|dist)\/determinism\/[^/]+$/.exec(toPath(import.meta.url))?.[1];

const owners = new Map<string, Owner>();

/** Tells whose code a file is, by its path or URL alone. */
export function ownerOf(file: string): Owner {
  let owner = owners.get(file);
  if (!owner) owners.set(file, (owner = decide(toPath(file))));
  return owner;
}

function decide(path: string): Owner {
  if (path === NODE_CHANNELS) return TELEMETRY_FRAME;
  if (path === NODE_CRYPTO) return { kind: 'source', library: path };
  if (path.startsWith('node:') || path.startsWith('wasm:')) return OTHER;
  const library = packageOf(path);
  if (library?.startsWith('@rea/') || isReaSource(path)) return REA_EVENTS.test(path) ? TELEMETRY_FRAME : REA;
  if (library === undefined) return APPLICATION;
  if (SOURCES.has(library) || library.startsWith('lodash.')) return { kind: 'source', library };
  const isTelemetry = TELEMETRY.has(library) || library.startsWith('@opentelemetry/') || NEST_LOGGER.test(path);
  return isTelemetry ? TELEMETRY_FRAME : OTHER;
}

/** The innermost package that a path belongs to: `@scope/name` of `…/node_modules/@scope/name/index.js`. */
function packageOf(path: string): string | undefined {
  const start = path.lastIndexOf('/node_modules/');
  if (start < 0) return undefined;
  const [scope = '', name] = path.slice(start + '/node_modules/'.length).split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function isReaSource(path: string): boolean {
  return (
    REA_PACKAGES !== undefined &&
    path.startsWith(REA_PACKAGES) &&
    /^[^/]+\/(src|dist)\//.test(path.slice(REA_PACKAGES.length))
  );
}

function toPath(file: string): string {
  return (file.startsWith('file:') ? fileURLToPath(file) : file).replaceAll('\\', '/');
}
