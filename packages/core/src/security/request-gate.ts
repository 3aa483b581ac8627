import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import { AddressList } from './address-list.js';
import { callerAddress, cameOverHttps } from './caller.js';
import { EndpointSecurity } from './endpoint-security.js';
import type { Identity } from './identity-verifier.js';
import type { InboundRequest } from './inbound-request.js';
import { ReplayProtection } from './replay-protection.js';
import { SECURITY_REASONS, type SecurityReason } from './security-reason.js';
import { keyIn, readOpening } from './start-message.js';

/** What is answered in the SDK's place. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** A request may pass, with its body as if nobody had looked at it, or is refused. */
export type Admission =
  { readonly refusal?: undefined; readonly body: AsyncIterator<Uint8Array, undefined> } | { readonly refusal: Refusal };

/**
 * Looks at each request before the SDK does: where it comes from, who has signed it, whether it was served before. The
 * cheap questions come first, and nothing is remembered of a request that is not signed.
 */
@Injectable()
export class RequestGate {
  private readonly proxies: AddressList;
  private readonly origins: AddressList | undefined;
  private readonly requiresHttps: boolean;
  private readonly replays: ReplayProtection | undefined;

  constructor(
    @Inject(REA_OPTIONS) { endpoint }: ReaModuleOptions,
    private readonly security: EndpointSecurity,
  ) {
    const {
      requireHttps = false,
      trustedProxies = [],
      allowedOrigins,
      replayProtection = true,
    } = (endpoint || {}).security ?? {};
    this.proxies = new AddressList(trustedProxies);
    this.origins = allowedOrigins && new AddressList(allowedOrigins);
    this.requiresHttps = requireHttps;
    if (replayProtection !== false) {
      this.replays = new ReplayProtection(replayProtection === true ? undefined : replayProtection.store);
    }
  }

  /** Whether there is anything to check. */
  get isNeeded(): boolean {
    const { mode, verifier } = this.security;
    return mode !== 'disabled' && (verifier !== undefined || this.origins !== undefined || this.requiresHttps);
  }

  /** @throws what reading the body throws, when the connection breaks */
  async admit(request: InboundRequest): Promise<Admission> {
    const kind = kindOf(request.path);
    // As with the SDK: it tells nothing, and load balancers ask for it.
    if (kind === 'health') return request;
    const transport = this.checkTransport(request);
    if (transport && this.refuses(transport, request)) return refused(transport);

    const { verifier } = this.security;
    if (!verifier) return request;
    const token = request.header('x-restate-jwt-v1');
    const identity = await verifier.verify(request.path, request.header('x-restate-signature-scheme'), token);
    if ('reason' in identity) return this.refuses(identity.reason, request) ? refused(identity.reason) : request;
    if (kind !== 'invoke') return request;

    const opening = await readOpening(request.body);
    // Without its first message, the SDK starts no handler.
    if (!opening.start) return opening;
    const reason = await this.checkOpening(opening.start, token!, identity);
    return reason && this.refuses(reason, request) ? refused(reason) : opening;
  }

  private checkTransport(request: InboundRequest): SecurityReason | undefined {
    if (this.origins && !this.origins.includes(callerAddress(request, this.proxies))) return 'origin-not-allowed';
    if (this.requiresHttps && !cameOverHttps(request, this.proxies)) return 'insecure-transport';
    return undefined;
  }

  /** The token covers neither the message nor the key in it. */
  private async checkOpening(start: Buffer, token: string, identity: Identity): Promise<SecurityReason | undefined> {
    if (keyIn(start) !== (identity.subject ?? '')) return 'wrong-subject';
    try {
      const isNew = this.replays?.remember(token, start, identity.expiry) ?? true;
      return (typeof isNew === 'boolean' ? isNew : await isNew) ? undefined : 'replayed';
    } catch (error) {
      this.security.logFailure(error);
      return 'replay-store-failed';
    }
  }

  private refuses(reason: SecurityReason, request: InboundRequest): boolean {
    return this.security.report(reason, { address: callerAddress(request, this.proxies), path: request.path });
  }
}

function refused(reason: SecurityReason): Admission {
  return { refusal: { status: SECURITY_REASONS[reason].status, message: `REA6020: ${reason}` } };
}

/** What a path asks of the SDK, by its own rules: a handler may be called "health", and a serializer too. */
function kindOf(path: string): 'health' | 'invoke' | 'other' {
  const fragments = path.split('/');
  if (fragments.at(-3) === 'invoke') return 'invoke';
  return fragments.at(-1) === 'health' && !fragments.includes('serdes') ? 'health' : 'other';
}
