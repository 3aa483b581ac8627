import type { Context } from '@restatedev/restate-sdk';
import type {
  AnyObjectContext,
  AnyWorkflowSharedContext,
  MethodsWithWrongContext,
} from '../decorators/handler-signature.js';

/*
 * A class does not carry its kind as a type; the contexts of its handlers and the kind of a contract do. What fits is
 * the client; what does not is a sentence, which the compiler then quotes where the client is used.
 */

/** A service's client, unless a handler takes a context that no service has. */
export type FitsService<T, Client> = T extends { readonly _kind: infer Kind }
  ? ContractClient<Kind, 'service', Client>
  : [MethodsWithWrongContext<T, Context>] extends [never]
    ? Client
    : `The handler "${MethodsWithWrongContext<T, Context> & string}" takes a context that a service does not have: this component is no service; declare the client of an object or of a workflow`;

/** An object's client, unless a handler takes a context that no object has. */
export type FitsObject<T, Client> = T extends { readonly _kind: infer Kind }
  ? ContractClient<Kind, 'object', Client>
  : [MethodsWithWrongContext<T, AnyObjectContext>] extends [never]
    ? Client
    : `The handler "${MethodsWithWrongContext<T, AnyObjectContext> & string}" takes a context that an object does not have: this component is no object; declare the client of a workflow`;

/** A workflow's client, unless no method takes a workflow's context. */
export type FitsWorkflow<T, Client> = T extends { readonly _kind: infer Kind }
  ? ContractClient<Kind, 'workflow', Client>
  : [keyof T] extends [never]
    ? Client
    : [MethodsOfWorkflows<T>] extends [never]
      ? `No method takes a WorkflowContext: this component is no workflow; declare the client of a service or of an object`
      : Client;

type ContractClient<Kind, Wanted extends string, Client> = [Kind] extends [Wanted]
  ? Client
  : `This contract is for the kind "${Kind & string}", not "${Wanted}"; declare its client by its kind`;

type MethodsOfWorkflows<T> = {
  [K in keyof T]: T[K] extends (ctx: infer X, ...rest: never[]) => unknown
    ? [X] extends [AnyWorkflowSharedContext]
      ? K
      : never
    : never;
}[keyof T];
