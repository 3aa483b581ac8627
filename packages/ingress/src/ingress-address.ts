import {
  findMalformedKey,
  findRequestKeyProblem,
  malformedKeyMessage,
  ONE_WAY_HEADER,
  qualify,
} from '@rea/core/internal';
import type { Serde } from '@restatedev/restate-sdk';
import type {
  IngressBounds,
  IngressCallOptions,
  IngressReadOptions,
  IngressSendOptions,
  SentInvocation,
} from './ingress-client.types.js';
import { InvalidKeyException, NoResultException } from './ingress.exceptions.js';
import { checkedDelay } from './ingress-durations.js';
import { decode, encode } from './ingress-payload.js';
import { IngressResult } from './ingress-results.js';
import type { Asked } from './ingress-request.js';
import type { IngressTransport } from './ingress-transport.js';
import { pathSegment } from './path-segment.js';

/** A handler as a request needs it. */
export interface RequestedHandler {
  readonly name: string;
  /** For messages: the method's name. */
  readonly label: string;
  readonly input: Serde<unknown> | undefined;
  readonly output: Serde<unknown> | undefined;
  /** What its event calls it. Default: `call` or `send`. */
  readonly verb?: 'status';
  /** Whether running it twice matters, so that it needs an idempotency key. */
  readonly writes: boolean;
}

/** A component and, for objects and workflows, a key: what requests go to. */
export class IngressAddress {
  private readonly service: string;
  private readonly key: string | undefined;
  private readonly path: string;

  /** @throws InvalidKeyException (400) when the key is no key */
  constructor(
    readonly transport: IngressTransport,
    readonly component: string,
    key: string | undefined,
    /** Whether it has to have a key. */
    keyed: boolean,
  ) {
    this.service = qualify(transport.names, component);
    this.key = keyed ? key : undefined;
    const path = [pathSegment(this.service, 'a component'), ...(keyed ? [pathSegment(key!, component)] : [])];
    this.path = path.join('/');
  }

  async call(handler: RequestedHandler, input: unknown, options: IngressCallOptions = {}): Promise<unknown> {
    const what = `${this.component} call.${handler.label}`;
    this.transport.admit(what);
    const { body } = await this.post('call', what, handler, '', input, options);
    return decode(what, body, options.output ?? handler.output);
  }

  async send(
    handler: RequestedHandler,
    input: unknown,
    options: IngressSendOptions = {},
  ): Promise<SentInvocation<unknown>> {
    const what = `${this.component} send.${handler.label}`;
    // Before what is wrong with the call: in a handler it should not be made at all.
    this.transport.admit(what);
    const delay = options.delay === undefined ? 0 : checkedDelay(what, options.delay);
    const suffix = delay > 0 ? `/send?delay=${delay}ms` : '/send';
    const { body } = await this.post('send', what, handler, suffix, input, options);
    const { invocationId, status } = decode(what, body) as { readonly invocationId: string; readonly status: string };
    const result = new IngressResult(
      this.transport,
      what,
      { path: `/restate/invocation/${invocationId}` },
      handler.output,
      { service: this.component, handler: handler.name, verb: 'result' },
    );
    return {
      invocationId,
      accepted: status === 'Accepted',
      result: async (attach) => {
        if (!options.idempotencyKey) throw new NoResultException(what);
        return result.attach(attach);
      },
    };
  }

  /** The result of the call that was made with an idempotency key. @throws InvalidKeyException when it cannot be one */
  resultOf(handler: RequestedHandler, idempotencyKey: string): IngressResult {
    checkIdempotencyKey(`${this.component} ${handler.label}`, idempotencyKey);
    const target = {
      target: 'idempotentInvocation',
      service: this.service,
      handler: handler.name,
      idempotencyKey,
      ...(this.key === undefined ? {} : { key: this.key }),
    };
    return new IngressResult(this.transport, `${this.component} ${handler.label}`, { target }, handler.output, {
      service: this.component,
      handler: handler.name,
    });
  }

  /** Cancels the run of the workflow of this address. @throws IngressException; with status 404 when there is none */
  async cancelRun(bounds: IngressBounds = {}): Promise<void> {
    await this.transport.cancelRun({ what: this.component, service: this.service, id: this.key! }, bounds);
  }

  /** The result of the workflow of this address. */
  workflowResult(output: Serde<unknown> | undefined): IngressResult {
    return new IngressResult(this.transport, this.component, { path: `/restate/workflow/${this.path}` }, output, {
      service: this.component,
      handler: 'run',
    });
  }

  private async post(
    verb: 'call' | 'send',
    what: string,
    handler: RequestedHandler,
    suffix: string,
    input: unknown,
    options: IngressCallOptions,
  ) {
    const key = this.idempotencyKey(what, handler, options);
    const format = options.input ?? handler.input;
    const payload = encode(what, input, format);
    this.transport.checkLoss(what, input, format);
    return this.transport.request({
      what,
      asked: asked(this.component, handler, verb, options),
      method: 'POST',
      path: `/${this.path}/${pathSegment(handler.name, `a handler of ${this.component}`)}${suffix}`,
      headers: {
        ...this.transport.journaled(what, options satisfies IngressReadOptions),
        ...payload.headers,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        // With a key somebody may wait for its result.
        ...(verb === 'send' && key === undefined ? { [ONE_WAY_HEADER]: '1' } : {}),
      },
      body: payload.body,
      bounds: options,
      isAdmitted: true,
      repeatable: key !== undefined || !handler.writes,
    });
  }

  /** Reads and workflow verbs are safe to repeat; other handlers need a key, or the word that they are. */
  private idempotencyKey(what: string, handler: RequestedHandler, { idempotencyKey }: IngressCallOptions) {
    if (idempotencyKey === undefined || idempotencyKey === false) {
      if (handler.writes && idempotencyKey === undefined) {
        this.transport.report('missing-key', { place: what, what: 'a write without an idempotency key' });
      }
      return undefined;
    }
    checkIdempotencyKey(`${what}()`, idempotencyKey);
    const problem = findRequestKeyProblem(idempotencyKey);
    if (problem) {
      const deed = 'a bad idempotency key';
      const found = `the idempotency key ${JSON.stringify(idempotencyKey)}, which ${problem},`;
      this.transport.report('weak-key', { place: what, what: found, deed });
    }
    return idempotencyKey;
  }
}

/** @throws InvalidKeyException (400, `REA3021`) */
function checkIdempotencyKey(of: string, key: unknown): void {
  const problem = findMalformedKey(key);
  if (problem !== undefined) throw new InvalidKeyException(malformedKeyMessage(of, problem), 'REA3021');
}

/** A request for its event; of one that may write, with what became of its idempotency key. */
function asked(
  service: string,
  { name, verb: own, writes }: RequestedHandler,
  verb: 'call' | 'send',
  { idempotencyKey }: IngressCallOptions,
): Asked {
  const request = { service, handler: name, verb: own ?? verb };
  if (!writes) return request;
  return { ...request, idempotencyKey: idempotencyKey === false ? 'waived' : idempotencyKey ? 'given' : 'missing' };
}
