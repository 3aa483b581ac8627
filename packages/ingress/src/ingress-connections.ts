import { Inject, Injectable, Optional } from '@nestjs/common';
import { PolicyService, REA_OPTIONS, ReaEvents, type ReaModuleOptions, RestateConnection } from '@rea/core';
import {
  checkOptionNames,
  EndpointState,
  given,
  INSTRUMENTATION,
  type Instrumentation,
  REQUEST_WATCH,
  type RequestWatch,
  ServedFormats,
  ShutdownGrace,
} from '@rea/core/internal';
import { UnknownConnectionError } from './ingress.errors.js';
import {
  INGRESS_OPTIONS,
  INGRESS_SHAPE,
  type IngressConnectionOptions,
  type IngressModuleOptions,
} from './ingress.options.js';
import { checkedConnection } from './ingress.options-validation.js';
import { IngressTransport } from './ingress-transport.js';

/** The connections of this application: the default one, and those with a name. */
@Injectable()
export class IngressConnections {
  /** Whether the connection without a name goes to the server and the namespace of `ReaModule`. */
  readonly isOwn: boolean;
  private readonly byName: ReadonlyMap<string | undefined, IngressTransport>;

  /** @throws ReaOptionsError when an option of a connection cannot work */
  constructor(
    @Inject(INGRESS_OPTIONS) options: IngressModuleOptions,
    @Optional() @Inject(RestateConnection) connection: RestateConnection | undefined,
    @Optional() @Inject(PolicyService) policy: PolicyService | undefined,
    @Optional() @Inject(REA_OPTIONS) rea: ReaModuleOptions | undefined,
    @Optional() @Inject(ShutdownGrace) grace: ShutdownGrace | undefined,
    @Optional() @Inject(EndpointState) endpoint: EndpointState | undefined,
    @Optional() @Inject(ReaEvents) events: ReaEvents | undefined,
    @Optional() @Inject(INSTRUMENTATION) instrumentation: Instrumentation | undefined,
    @Optional() @Inject(REQUEST_WATCH) watch: RequestWatch | undefined,
    @Optional() @Inject(ServedFormats) formats: ServedFormats | undefined,
  ) {
    checkOptionNames('IngressModule', options, INGRESS_SHAPE);
    const { connections = {}, ...own } = options;
    const fromRea = given({
      url: connection?.ingressUrl,
      adminUrl: connection?.adminUrl,
      headers: connection?.headers,
      namespace: rea?.namespace,
      secretHeaders: rea?.secretHeaders,
    });
    this.isOwn = own.url === undefined && own.namespace === undefined;
    const main = { ...fromRea, ...given(own) };
    const { secretHeaders } = main;
    const watchers = { events, instrumentation, watch };
    const create = (name: string | undefined, connectionOptions: IngressConnectionOptions, app?: string | false) => {
      const checked = checkedConnection(name, connectionOptions);
      // Components of the same names elsewhere are not this application's.
      const reachesOwn =
        checked.url.replace(/\/+$/, '') === connection?.ingressUrl && checked.namespace === rea?.namespace;
      const served = reachesOwn ? { endpoint, formats } : undefined;
      return new IngressTransport(checked, policy, watchers, app, served);
    };
    this.byName = new Map([
      [undefined, create(undefined, main, rea?.name)],
      ...Object.entries(connections).map(([name, further]): [string, IngressTransport] => [
        name,
        create(name, { ...given({ secretHeaders }), ...given(further) }),
      ]),
    ]);
    grace?.register(async (timeout) => {
      await Promise.all([...this.byName.values()].map((transport) => transport.settle(timeout)));
    });
  }

  /** @param name undefined for the default one @throws UnknownConnectionError */
  get(name: string | undefined, neededBy?: string): IngressTransport {
    const transport = this.byName.get(name);
    if (transport) return transport;
    throw new UnknownConnectionError(name!, neededBy, this.names);
  }

  /** Undefined for a name that another application of the process has: decorators are shared by all. */
  find(name: string | undefined): IngressTransport | undefined {
    return this.byName.get(name);
  }

  /** Ends all waits of all connections with 503. */
  abort(): void {
    for (const transport of this.byName.values()) transport.abort();
  }

  private get names(): string[] {
    return [...this.byName.keys()].filter((name) => name !== undefined);
  }
}
