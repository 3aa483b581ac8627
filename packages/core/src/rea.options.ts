import type { Duration } from '@restatedev/restate-sdk';
import { COMPONENT_OVERRIDES_SHAPE } from './decorators/component.option-shapes.js';
import type { ComponentOverrides } from './decorators/component.options.js';
import { each, type OptionShape } from './option-shape.js';
import { POLICY_SHAPE, type PolicyOptions } from './policy/policy.types.js';
import { SECURITY_SHAPE, type SecurityOptions } from './security/security.options.js';

/** Injection token of the validated {@link ReaModuleOptions}. */
export const REA_OPTIONS = Symbol('REA_OPTIONS');

/** A Restate server of your own: one process, a cluster behind a load balancer, or Restate Cloud. */
export interface ExternalServerOptions {
  /** Where calls go in, for example `http://restate:8080`. */
  readonly ingressUrl: string;
  /** Where deployments are registered, for example `http://restate:9070`. Needed unless registration is off. */
  readonly adminUrl?: string;
  /** Headers for both, for example `{ authorization: 'Bearer ...' }`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real Restate server as a child process of the application, for laptops, demos and tests. Needs `@rea/server`. */
export interface EmbeddedServerOptions {
  readonly embedded: true;
  /** Where its data lives, relative to the working directory. Default `.rea`. `false`: a temporary directory. */
  readonly dataDirectory?: string | false;
  /** Ingress port. Default: a free one, remembered in the data directory. */
  readonly ingressPort?: number;
  /** Admin port. Default: a free one, remembered in the data directory. */
  readonly adminPort?: number;
  /** Further `RESTATE_*` settings. */
  readonly env?: Readonly<Record<string, string>>;
}

export type ServerOptions = 'embedded' | EmbeddedServerOptions | ExternalServerOptions;

/** How the application's handlers are served to the Restate server. */
export interface EndpointOptions {
  /**
   * `'port'` (default): a port of its own, HTTP/2. `'mounted'`: under {@link path} of the application's own HTTP server,
   * HTTP/1.1. `'manual'`: not served by Rea; get a fetch or Lambda handler from `ReaEndpoint`.
   */
  readonly serve?: 'port' | 'mounted' | 'manual';
  /** Path of the mounted endpoint. A global prefix does not apply to it. Default `/restate`. */
  readonly path?: string;
  /** Port of the HTTP/2 endpoint. Default 9080; with an embedded server a free one, remembered in its data directory. */
  readonly port?: number;
  /** Interface to listen on. Default: all (`0.0.0.0`), with an embedded server loopback only. */
  readonly host?: string;
  /**
   * The URL under which the Restate server reaches this endpoint. Default `http://<host name>:<port>`, for a mounted one
   * with its path. A manual endpoint is registered only when this is set.
   */
  readonly advertisedUrl?: string;
  /** Who may call: identity keys, origins, HTTPS, replays. */
  readonly security?: SecurityOptions;
  /**
   * How long a shutdown lets HTTP requests finish that wait for a handler of this application, in milliseconds, before
   * handlers are suspended. What still waits then is answered with 503. Default 3 000.
   */
  readonly shutdownGrace?: number;
  /** How long a shutdown waits for running effects, in milliseconds. Default 10 000. */
  readonly drainTimeout?: number;
}

export interface RegistrationOptions {
  /**
   * How long to wait for the Restate server before the bootstrap fails, in milliseconds. Default 60 000. Its ingress then
   * has as long to know the components, but 10 000 at most; after that a warning is logged.
   */
  readonly timeout?: number;
  /**
   * Replace what the server knows about a URL whose services changed. In-flight invocations then replay on the new
   * code. Default: true, except with `NODE_ENV=production`, where a changed service on a known URL fails the bootstrap.
   */
  readonly force?: boolean;
  /** Allow changes that Restate calls breaking (a removed service, another service type). Default: same as `force`. */
  readonly breaking?: boolean;
  /**
   * Look at intervals whether the server still knows this process's deployment, and whether a newer one takes its calls:
   * one request to the admin API a look, and beside newer deployments a dry run of a registration for each, which shows
   * whether it answers. `false`: do not.
   */
  readonly watch?: RegistrationWatchOptions | false;
}

export interface RegistrationWatchOptions {
  /**
   * Time between two looks, in milliseconds or as `{ seconds: 30 }`, each 20% more or less, so that replicas do not look
   * at once. Default 15 s.
   */
  readonly interval?: Duration | number;
  /**
   * Register again with a server that has lost its data, by the same rules as at the start. Default true. Otherwise the
   * loss is logged, and the health indicator `registration` is down.
   */
  readonly registerAgain?: boolean;
}

/** Bounds that guardrails check. */
export interface Limits {
  /** Sizes of values for the journal (inputs, outputs, results of runs, state) from which they are reported. Default 262 144. */
  readonly warnBytes: number;
  /** From here they are refused. Default 1 048 576. Restate's own limit is 32 MiB. */
  readonly maxBytes: number;
  /** How long an exclusive object handler may sleep without a report, in milliseconds. Default 5 000. */
  readonly exclusiveSleep: number;
}

/** The limits in force. */
export function limitsOf({ limits }: Pick<ReaModuleOptions, 'limits'>): Limits {
  return { warnBytes: 262_144, maxBytes: 1_048_576, exclusiveSleep: 5_000, ...limits };
}

/** Options of `ReaModule.forRoot` and, from a factory, of `ReaModule.forRootAsync`. */
export interface ReaModuleOptions {
  /** Which Restate server: `'embedded'` starts one, an object with URLs uses yours. */
  readonly server: ServerOptions;
  /** How handlers are served. `false`: this process only calls (no endpoint, no registration). */
  readonly endpoint?: EndpointOptions | false;
  /** How the endpoint is made known to the server. `false`: you register it yourself (`restate deployments register`). */
  readonly registration?: RegistrationOptions | false;
  /**
   * Put before the name of every component, with a dot: several branches or test runs can share one Restate server.
   * Clients of this application call components of the same namespace.
   */
  readonly namespace?: string;
  /**
   * The application's name, the same in all its processes, replicas and versions, and in no other application on the
   * Restate server: letters, digits, dashes and underscores. The built-in components carry it (`rea.<name>.DeadLetter`),
   * each deployment is registered with it, and a component that another application serves is refused. Default: the
   * `name` in the package.json of what the process was started with, else of the working directory; `@acme/orders` is
   * `acme-orders`. `false`: none, for a server of this application alone.
   */
  readonly name?: string | false;
  /**
   * Path of the HTTP front that answers GET with the components and guardrail findings as JSON, for example
   * `/internal/rea`. It has no guard of its own: keep it off the internet. Default: none.
   */
  readonly introspectionPath?: string;
  /** What guardrails do. Default: `warn`, and `strict` with `CI` or `NODE_ENV=production`. */
  readonly policy?: PolicyOptions;
  /**
   * Names of further headers that hold secrets, for example `x-api-key`. These, `authorization`, `cookie`,
   * `proxy-authorization` and `set-cookie` are not sent to the ingress, and fire `secret-header` on calls in handlers.
   */
  readonly secretHeaders?: readonly string[];
  /** Bounds that guardrails check. */
  readonly limits?: Partial<Limits>;
  /** Options for every component, overridden by its decorator. Not for the built-in ones. */
  readonly defaults?: Omit<ComponentOverrides, 'handlers' | 'description' | 'metadata'>;
  /** Options by component name; they win over the decorators. Not for the built-in ones. */
  readonly components?: Readonly<Record<string, ComponentOverrides>>;
}

const EXTERNAL_SERVER: OptionShape<ExternalServerOptions> = { ingressUrl: true, adminUrl: true, headers: true };

const EMBEDDED_SERVER: OptionShape<EmbeddedServerOptions> = {
  embedded: true,
  dataDirectory: true,
  ingressPort: true,
  adminPort: true,
  env: true,
};

const ENDPOINT: OptionShape<EndpointOptions> = {
  serve: true,
  path: true,
  port: true,
  host: true,
  advertisedUrl: true,
  security: SECURITY_SHAPE,
  shutdownGrace: true,
  drainTimeout: true,
};

const { description: _description, metadata: _metadata, handlers: _handlers, ...DEFAULTS } = COMPONENT_OVERRIDES_SHAPE;

/** The names of the options of `ReaModule`, however deep. */
export const REA_SHAPE: OptionShape<ReaModuleOptions> = {
  server: { ...EXTERNAL_SERVER, ...EMBEDDED_SERVER },
  endpoint: ENDPOINT,
  registration: { timeout: true, force: true, breaking: true, watch: { interval: true, registerAgain: true } },
  namespace: true,
  name: true,
  introspectionPath: true,
  policy: POLICY_SHAPE,
  secretHeaders: true,
  limits: { warnBytes: true, maxBytes: true, exclusiveSleep: true },
  defaults: DEFAULTS,
  components: each(COMPONENT_OVERRIDES_SHAPE),
};
