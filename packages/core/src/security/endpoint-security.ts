import { Inject, Injectable, Logger } from '@nestjs/common';
import { EmbeddedConnection } from '../connection/connect.js';
import { RestateConnection } from '../connection/restate-connection.js';
import { ReaEvents } from '../events/rea-events.js';
import { PolicyService } from '../policy/policy.service.js';
import type { PolicyMode } from '../policy/policy.types.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import { IdentityVerifier } from './identity-verifier.js';
import type { SecurityMode, SecurityOptions } from './security.options.js';
import { IdentityKeyMissingError } from './security.error.js';
import { SECURITY_REASONS, type SecurityReason } from './security-reason.js';
import { readIdentityKeys } from './security-validation.js';

/** A request that failed a check. */
export interface SecurityFinding {
  readonly reason: SecurityReason;
  /** Whether it was refused (mode `strict`) or only reported (`permissive`). */
  readonly refused: boolean;
  /** The HTTP status of the refusal. */
  readonly status: number;
  /** Whence it came, as far as that is known. Not for a metric's label: there is no end of addresses. */
  readonly address: string | undefined;
  /** The path that it asked for, at most 200 characters. Not for a metric's label: callers choose it. */
  readonly path: string;
}

const RULE = 'endpoint-security';
const SECURITY_MODES = { strict: 'strict', warn: 'permissive', disabled: 'disabled' } as const;

function policyMode(mode: SecurityMode | undefined): PolicyMode | undefined {
  return mode === 'permissive' ? 'warn' : mode;
}

/** Callers choose the path, and how long it is. */
const LONGEST_PATH = 200;

/** A flood of requests must not flood the log. */
const POWERS_OF_TEN = /^10*$/;

/**
 * What protects the endpoint, while the application runs: its mode, the keys in force, and what was found. Inject it to
 * rotate keys without a restart.
 */
@Injectable()
export class EndpointSecurity {
  private readonly logger = new Logger('Rea');
  private readonly counters = new Map<SecurityReason, number>();
  private readonly declared: SecurityMode | undefined;
  /** Without a mode of its own: keys that are set are enforced, and so is production. */
  private readonly byDefault: SecurityMode | undefined;
  private readonly checksTransport: boolean;
  private keys: readonly string[] = [];
  private currentVerifier: IdentityVerifier | undefined;

  constructor(
    @Inject(REA_OPTIONS) { endpoint }: ReaModuleOptions,
    private readonly events: ReaEvents,
    connection: RestateConnection,
    private readonly policy: PolicyService,
  ) {
    const {
      mode,
      identityKeys,
      allowedOrigins,
      requireHttps = false,
    }: SecurityOptions = (endpoint || {}).security ?? {};
    this.checksTransport = allowedOrigins !== undefined || requireHttps;
    const embedded = connection instanceof EmbeddedConnection ? connection.identityKey : undefined;
    this.use(identityKeys ?? (embedded === undefined ? [] : [embedded]));
    const isStrict = this.keys.length > 0 || process.env['NODE_ENV'] === 'production';
    this.declared = mode;
    this.byDefault = isStrict ? 'strict' : undefined;
  }

  /**
   * What happens to a request that fails a check: the mode of the guardrail `endpoint-security`, else that of
   * `endpoint.security`, else `strict` with keys or in production, else the policy's. The environment may tighten it.
   * Never `strict` where there is nothing to check (no keys, no `allowedOrigins`, no `requireHttps`): all are served then.
   */
  get mode(): SecurityMode {
    const mode = SECURITY_MODES[this.policy.modeBeside(RULE, policyMode(this.declared), policyMode(this.byDefault))];
    return mode === 'strict' && this.keys.length === 0 && !this.checksTransport ? 'permissive' : mode;
  }

  /** Warns of an endpoint that takes requests from everybody. @internal @param host the interface that it listens on */
  warnIfOpen(host: string): void {
    if ((this.keys.length > 0 && this.mode === 'strict') || host === '127.0.0.1') return;
    this.logger.warn(
      `The endpoint accepts unsigned requests (mode ${this.mode}): whoever reaches it can run handlers. Set endpoint.security.identityKeys to the public key of your Restate server, or keep it private.`,
    );
  }

  /** The public keys in force. */
  get identityKeys(): readonly string[] {
    return this.keys;
  }

  /**
   * Replaces the public keys; the next request is judged by the new ones. To rotate: old and new, switch the server, new.
   *
   * @param keys of the form `publickeyv1_...`
   * @throws ReaOptionsError when one is not a public key; IdentityKeyMissingError for none at all in mode `strict`.
   *   The keys in force stay then
   */
  setIdentityKeys(keys: readonly string[]): void {
    this.checkKeys(keys);
    this.use(keys);
  }

  /** How many requests failed a check since the start, by reason. */
  counts(): Readonly<Partial<Record<SecurityReason, number>>> {
    return Object.fromEntries(this.counters);
  }

  /** @internal Undefined while there are no keys. */
  get verifier(): IdentityVerifier | undefined {
    return this.currentVerifier;
  }

  /** @internal @throws IdentityKeyMissingError when the mode asks for keys and there are none */
  checkKeys(keys: readonly string[] = this.keys): void {
    const asked = this.policy.ruleMode(RULE) ?? policyMode(this.declared ?? this.byDefault);
    if (asked === 'strict' && keys.length === 0) throw new IdentityKeyMissingError();
  }

  /** @internal Counts, publishes and logs a finding; tells whether the request is refused. */
  report(reason: SecurityReason, { address, path }: { address: string | undefined; path: string }): boolean {
    const refused = this.mode === 'strict';
    const count = (this.counters.get(reason) ?? 0) + 1;
    this.counters.set(reason, count);
    const { status } = SECURITY_REASONS[reason];
    const finding: SecurityFinding = { reason, refused, status, address, path: path.slice(0, LONGEST_PATH) };
    this.events.publish('security-rejected', () => finding);
    const what = `A request for ${JSON.stringify(finding.path)} from ${address ?? 'an unknown address'} (${reason}: ${SECURITY_REASONS[reason].what})`;
    this.policy.record(RULE, { place: 'the endpoint', what, deed: reason }, refused);
    if (refused && POWERS_OF_TEN.test(String(count))) this.logger.warn(describe(finding, count));
    return refused;
  }

  /** @internal */
  logFailure(error: unknown): void {
    this.logger.error('The replay store failed.', error);
  }

  private use(keys: readonly string[]): void {
    const parsed = readIdentityKeys('identityKeys', keys);
    this.keys = [...keys];
    this.currentVerifier = parsed.length > 0 ? new IdentityVerifier(parsed) : undefined;
  }
}

function describe({ reason, status, address, path }: SecurityFinding, count: number): string {
  const { what, cure } = SECURITY_REASONS[reason];
  const often = count > 1 ? ` This is number ${count}.` : '';
  return `REA6020 ${reason}: A request for ${JSON.stringify(path)} from ${address ?? 'an unknown address'} was refused with ${status}: ${what}. ${cure}${often}`;
}
