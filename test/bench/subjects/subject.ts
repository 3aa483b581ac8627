import type { Http2Server } from 'node:http2';

/** What is compared, by name. The name is also the namespace of its one component, `Workload`. */
export type SubjectId =
  | 'bare'
  | 'bare-again'
  | 'bare-nest'
  | 'rea-disabled'
  | 'rea-warn'
  | 'rea-warn-enhanced'
  | 'rea-unobserved'
  | 'rea-metrics'
  | 'rea-logs'
  | 'rea-traces'
  | 'nestjs-restate'
  | 'nestjs-restate-bare';

/** Those that are Rea with the module that observes it, and more and more of it on. */
export const OBSERVED: readonly SubjectId[] = ['rea-unobserved', 'rea-metrics', 'rea-logs', 'rea-traces'];

/** A subject that serves its component on a loopback port. */
export interface OpenEndpoint {
  readonly server: Http2Server;
  close(): Promise<void>;
}

/** How a module makes a subject. */
export interface SubjectModule {
  open(id: SubjectId): Promise<OpenEndpoint>;
}
