import { Logger } from '@nestjs/common';
import type { LoggerTransport } from '@restatedev/restate-sdk';
import { readThrown } from '../failures/thrown.js';
import type { ReaModuleOptions } from '../rea.options.js';
import type { AdminClient } from '../registration/admin-client.js';
import { sqlLiteral } from '../registration/sql-literal.js';

/** What the SDK logs for a request that names a component or handler which the endpoint does not have. */
const NOT_SERVED = /^No (?:handler|service) found for URL: (\{.*\})$/;

/** Status of an attempt whose code does not fit its journal. */
const JOURNAL_MISMATCH = 570;

/** How long the server is not asked again about one handler, in milliseconds: each try of an invocation is a line. */
const PAUSE = 2_000;

/** How many invocations of one handler are named, and how many are remembered in all. */
const MOST_NAMED = 20;
const MOST_REMEMBERED = 1_000;

/**
 * Invocations that began on other code and cannot go on with this one: Restate tries them again for ever. Reports each
 * once, with what to do about it.
 */
export class OutdatedInvocations {
  private readonly logger = new Logger('Rea');
  private readonly reported = new Set<string>();
  private readonly asked = new Map<string, number>();

  constructor(
    private readonly admin: AdminClient | undefined,
    private readonly server: ReaModuleOptions['server'],
  ) {}

  /** A transport for the SDK's lines, which are the only place where it says so. */
  watching(transport: LoggerTransport): LoggerTransport {
    return (metadata, ...parts) => {
      if (isProblem(metadata.level)) {
        const [first] = parts;
        const target = typeof first === 'string' ? NOT_SERVED.exec(first)?.[1] : undefined;
        if (target !== undefined) {
          void this.notServed(JSON.parse(target) as Target);
          return;
        }
        const { context } = metadata;
        if (context && parts.some(isMismatch)) {
          this.changed(context.invocationTarget, context.invocationId);
        }
      }
      transport(metadata, ...parts);
    };
  }

  private changed(target: string, id: string): void {
    if (!this.isNew(id)) return;
    this.logger.error(
      `REA6054: The code of ${target} has changed under the invocation ${id}: what its journal has is not what the code does now, so that Restate tries it again for ever. Bring the old code back until it has ended, or ${this.end(id)}`,
    );
  }

  private async notServed({ componentName, handlerName }: Target): Promise<void> {
    const target = `${componentName}/${handlerName}`;
    const now = performance.now();
    if (now < (this.asked.get(target) ?? 0)) return;
    this.asked.set(target, now + PAUSE);
    for (const id of await this.waiting(componentName, handlerName)) {
      if (!this.isNew(id ?? target)) continue;
      const which = id === undefined ? 'invocations' : `the invocation ${id}`;
      this.logger.error(
        `REA6053: Restate keeps retrying ${which} of ${target}, a handler that this application does not have (any more). If the handler was renamed, keep its name on the server: @Handler({ name: '${handlerName}' }). If it is gone, ${this.end(id ?? '<id>')}`,
      );
    }
  }

  /** Ids of the invocations that have not ended; one undefined where the server cannot be asked. */
  private async waiting(component: string, handler: string): Promise<(string | undefined)[]> {
    try {
      const rows = await this.admin?.query<{ id: string }>(
        `select id from sys_invocation where target_service_name = ${sqlLiteral(component)}
         and target_handler_name = ${sqlLiteral(handler)} and status <> 'completed' limit ${MOST_NAMED}`,
      );
      return rows?.map(({ id }) => id) ?? [undefined];
    } catch {
      return [undefined];
    }
  }

  private end(id: string): string {
    const data = this.dataDirectory;
    const kill = `kill the invocation, in the Restate UI, with "restate invocations kill ${id}" or ingress.invocation('${id}').kill(): a cancellation has no effect, since its code does not get to run.`;
    if (data === undefined) return kill;
    return `${kill} In development it is often simplest to stop the application and remove the directory ${data}, with all that the embedded server has.`;
  }

  /** Where an embedded server has its data, if it keeps any. */
  private get dataDirectory(): string | undefined {
    const { server } = this;
    if (server === 'embedded') return '.rea';
    if (!('embedded' in server)) return undefined;
    return server.dataDirectory === false ? undefined : (server.dataDirectory ?? '.rea');
  }

  private isNew(id: string): boolean {
    if (this.reported.has(id)) return false;
    if (this.reported.size >= MOST_REMEMBERED) this.reported.clear();
    this.reported.add(id);
    return true;
  }
}

function isProblem(level: string): boolean {
  return level === 'error' || level === 'warn';
}

function isMismatch(part: unknown): boolean {
  return readThrown(part, 'code') === JOURNAL_MISMATCH;
}

interface Target {
  readonly componentName: string;
  readonly handlerName: string;
}
