import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions, RestateConnection } from '@rea/core';
import { currentScope, EndpointState, type NameScope, qualify, ShutdownGrace } from '@rea/core/internal';
import { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from '../dead-letters/dead-letter.options.js';
import { DEAD_LETTER_FACADE } from '../dead-letters/dead-letter-facade.js';
import { SECRET_HEADER } from '../dead-letters/dead-letter-names.js';
import { DeadLetterSql } from '../dead-letters/dead-letter-sql.js';
import type { Facade, Failure } from './facade.js';
import type { OperatorException } from './operator.exception.js';

const DEFAULT_TIMEOUT = 60_000;

/** An error answer of the ingress; `source` tells whose error it is. */
interface ErrorAnswer extends Failure {
  readonly source?: 'ingress' | 'invocation';
}

/** Asks a facade's component through the ingress, with the secret. */
@Injectable()
export class OperatorClient implements BeforeApplicationShutdown {
  private readonly shutdown = new AbortController();
  private readonly pending = new Set<Promise<unknown>>();
  private generated: Promise<string> | undefined;

  constructor(
    private readonly connection: RestateConnection,
    private readonly sql: DeadLetterSql,
    private readonly endpoint: EndpointState,
    @Inject(REA_OPTIONS) private readonly rea: ReaModuleOptions,
    @Optional() @Inject(DEAD_LETTER_OPTIONS) private readonly options: DeadLetterOptions | undefined,
    grace: ShutdownGrace,
  ) {
    grace.register((timeout) => this.settle(timeout));
  }

  /** @throws OperatorException the facade's, for whatever goes wrong */
  async ask<T>(facade: Facade, verb: string, request: unknown): Promise<T> {
    this.refuseUnserved(facade, verb);
    const scope = currentScope();
    if (scope?.attempt.active && scope.closed === undefined) {
      scope.attempt.report('ingress-in-handler', `${facade.injectable} ${verb}()`);
    }
    const asked = this.askOnceMore<T>(facade, verb, request);
    this.pending.add(asked);
    try {
      return await asked;
    } finally {
      this.pending.delete(asked);
    }
  }

  /** Handlers of this application run no longer, and what waits for them would wait for ever. */
  beforeApplicationShutdown(): void {
    this.shutdown.abort();
  }

  /** While nothing runs the component here, the request would fail at a first start, and else wait in silence. */
  private refuseUnserved(facade: Facade, verb: string): void {
    const { phase } = this.endpoint;
    if ((phase !== 'starting' && phase !== 'closed') || !this.endpoint.serves(facade.service)) return;
    throw phase === 'starting' ? facade.notOpen(verb) : facade.closed(verb);
  }

  /** A generated secret is read again when it is refused: the server may have been set up anew. */
  private async askOnceMore<T>(facade: Facade, verb: string, request: unknown): Promise<T> {
    const secret = await this.secret(facade);
    try {
      return await this.post<T>(facade, verb, request, secret);
    } catch (error) {
      if (this.options?.secret !== undefined || !isForbidden(error)) throw error;
    }
    this.generated = undefined;
    return this.post<T>(facade, verb, request, await this.secret(facade));
  }

  private secret(facade: Facade): Promise<string> {
    const { secret } = this.options ?? {};
    if (secret !== undefined) return Promise.resolve(secret);
    this.generated ??= this.readSecret(facade).catch((error: unknown) => {
      this.generated = undefined;
      throw error;
    });
    return this.generated;
  }

  private async readSecret(facade: Facade): Promise<string> {
    if (!this.sql.available) throw facade.noSecret();
    const read = () =>
      this.sql.secret().catch((error: Error) => {
        throw facade.adminFailed(error);
      });
    const known = await read();
    if (known !== undefined) return known;
    await this.post(DEAD_LETTER_FACADE, 'prepare', undefined, undefined);
    const made = await read();
    if (made === undefined)
      throw facade.noOperator('its generated secret is not to be found in the state of its objects.', this.rea);
    return made;
  }

  private async post<T>(facade: Facade, verb: string, request: unknown, secret: string | undefined): Promise<T> {
    const timeout = this.options?.timeout ?? DEFAULT_TIMEOUT;
    const late = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(`${this.connection.ingressUrl}/${qualify(this.rea, facade.service)}/${verb}`, {
        method: 'POST',
        headers: {
          ...this.connection.headers,
          ...(secret === undefined ? {} : { [SECRET_HEADER]: secret }),
          ...(request === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(request === undefined ? {} : { body: JSON.stringify(request) }),
        signal: AbortSignal.any([late, this.shutdown.signal]),
      });
      const text = await response.text();
      if (response.status === 404 && this.endpoint.phase === 'registering' && isUnknownComponent(text)) {
        throw facade.notOpen(verb);
      }
      if (!response.ok) throw failed(facade, response.status, text, this.rea);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (this.shutdown.signal.aborted) throw facade.shuttingDown(verb);
      if (late.aborted) throw facade.timedOut(verb, timeout);
      if (error instanceof TypeError) throw facade.ingressUnreachable(this.connection.ingressUrl, error);
      throw error;
    }
  }

  private async settle(timeout: number): Promise<void> {
    if (this.pending.size === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeout);
    await Promise.race([Promise.allSettled(this.pending), late]);
    clearTimeout(timer);
  }
}

function failed(facade: Facade, status: number, text: string, names: NameScope): OperatorException {
  const { source, ...answer } = parse(text);
  return source === 'invocation'
    ? facade.refused(status, answer)
    : facade.noOperator(`${status} ${answer.message}`, names);
}

/** The Restate server is only about to be told of the application's components. */
function isUnknownComponent(text: string): boolean {
  return parse(text).source !== 'invocation';
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'REA8020';
}

function parse(text: string): ErrorAnswer {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'message' in answer) return answer as ErrorAnswer;
  } catch {
    // Not the ingress's own answer: something before it.
  }
  return { message: text.slice(0, 500) };
}
