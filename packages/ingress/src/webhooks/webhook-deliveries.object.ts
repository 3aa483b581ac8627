import { type ObjectContext, type Serde, serde, TerminalError } from '@restatedev/restate-sdk';
import { Handler, InjectClient, now, type ObjectClient, state, stateKey, uuid, VirtualObject } from '@rea/core';
import { BuiltIn } from '@rea/core/internal';

/** Where a delivery stands. */
type Standing =
  | { readonly status: 'claimed'; readonly claim: string; readonly until: number }
  /** Its method failed, and the provider may send it again. */
  | { readonly status: 'open' }
  | { readonly status: 'done' };

/** What a claim came to. */
export type ClaimResult =
  | { readonly outcome: 'first'; readonly claim: string }
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'repeated' };

/**
 * The memory of `@SignedWebhook`: one object for each delivery, in Restate, so that all replicas share it and a restart
 * keeps it. A delivery is claimed before it is handled and done afterwards; the claim of a process that died ends by time.
 */
@BuiltIn()
@VirtualObject({
  name: 'rea.WebhookDeliveries',
  description: 'Which webhook deliveries have been handled. By @rea/ingress.',
  plane: 'control',
  idempotencyRetention: { minutes: 10 },
  journalRetention: 0,
  serde: serde.json as Serde<unknown>,
})
export class WebhookDeliveries {
  private static readonly standing = stateKey<Standing>('standing');

  constructor(@InjectClient(() => WebhookDeliveries) private readonly deliveries: ObjectClient<WebhookDeliveries>) {}

  @Handler()
  async claim(ctx: ObjectContext, request: { lease: number; retention: number }): Promise<ClaimResult> {
    const { lease, retention } = checked(request, ({ lease: a, retention: b }) => isTime(a) && isTime(b));
    const standing = state(ctx, WebhookDeliveries.standing);
    const current = await standing.get();
    const time = (await now(ctx)).getTime();
    if (current?.status === 'done') return { outcome: 'repeated' };
    if (current?.status === 'claimed' && current.until > time) return { outcome: 'busy' };
    if (!current) this.deliveries.of(ctx.key).send.forget(undefined, { delay: retention });
    const claim = uuid(ctx);
    standing.set({ status: 'claimed', claim, until: time + lease });
    return { outcome: 'first', claim };
  }

  /** Ends a claim, if it still is the delivery's. */
  @Handler()
  async settle(ctx: ObjectContext, request: { claim: string; done: boolean }): Promise<void> {
    const { claim, done } = checked(
      request,
      (fields) => typeof fields.claim === 'string' && typeof fields.done === 'boolean',
    );
    const standing = state(ctx, WebhookDeliveries.standing);
    const current = await standing.get();
    if (current?.status === 'claimed' && current.claim === claim) standing.set({ status: done ? 'done' : 'open' });
  }

  @Handler()
  async forget(ctx: ObjectContext): Promise<void> {
    ctx.clearAll();
  }
}

/** The ingress lets anybody ask who reaches it. @throws TerminalError (400), or what cannot work would be tried for ever */
function checked<T extends object>(request: T, isUsable: (fields: Partial<Record<keyof T, unknown>>) => boolean): T {
  if (typeof request === 'object' && request !== null && isUsable(request)) return request;
  throw new TerminalError('This is for @SignedWebhook alone, which asks otherwise.', { errorCode: 400 });
}

function isTime(milliseconds: unknown): boolean {
  return typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER;
}
