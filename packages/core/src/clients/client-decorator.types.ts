import type { ObjectClient, ServiceClient, WorkflowClient } from './durable-client.types.js';

/**
 * A decorator that injects one of these clients: into a constructor's parameter or a public property whose type one of
 * them fits. For another type it is a sentence. The types of private properties are not known to a decorator.
 */
export interface ClientDecorator<Clients> {
  <Owner, Index extends number>(
    owner: Owner,
    property: undefined,
    index: IfDeclared<ParameterAt<Owner, Index>, Clients, Index>,
  ): void;
  <Owner extends object, Name extends string | symbol>(
    owner: Owner,
    property: IfDeclared<Name extends keyof Owner ? Owner[Name] : unknown, Clients, Name>,
  ): void;
}

type ParameterAt<Owner, Index extends number> = Owner extends abstract new (...args: infer Parameters) => unknown
  ? Parameters[Index]
  : unknown;

/** The place, or what is wrong with its type. */
type IfDeclared<Declared, Clients, Place> = [Clients] extends [never]
  ? Place
  : [Clients extends Declared ? true : never] extends [never]
    ? 'This is not the type of the client of this component: declare it by the kind of the component (service, object or workflow) and with the same component'
    : Place;

/** What a client's target is a client of: the instance of a class, or a contract. */
export type ComponentOfTarget<Target> = Target extends abstract new (...args: never[]) => infer Component
  ? Component
  : Target extends { readonly _kind: string }
    ? Target
    : Target extends () => infer Inner
      ? ComponentOfTarget<Inner>
      : never;

/** The durable clients that a component may have, as far as its handlers say. */
export type DurableClientsOf<Component> =
  | ClientThatFits<ServiceClient<Component>, 'call'>
  | ClientThatFits<ObjectClient<Component>, 'of'>
  | ClientThatFits<WorkflowClient<Component>, 'of'>;

/** A client whose verb is not a sentence. */
export type ClientThatFits<Client, Verb extends keyof Client> = Client[Verb] extends string ? never : Client;
