import { TerminalError } from '@restatedev/restate-sdk';
import type { ComponentKind } from '../decorators/component-declaration.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';

/** How the client of each kind of component is used. */
const USES: Readonly<Record<ComponentKind, { readonly what: string; readonly use: string }>> = {
  service: { what: 'a service', use: 'client.call.handler(input)' },
  object: { what: 'a virtual object', use: 'client.of(key).call.handler(input)' },
  workflow: { what: 'a workflow', use: 'client.of(id).submit(input), .signal, .query, .attach() or .output()' },
};

/** The verbs of all kinds of clients. */
const VERBS = ['of', 'call', 'send', 'attach', 'output', 'submit', 'signal', 'query', 'status'] as const;

/** A component as its clients' messages name it. */
interface Addressed {
  readonly kind: ComponentKind;
  readonly name: string;
}

/**
 * Makes what clients of a component, or addresses in it, have besides their own verbs: those of other kinds, which are
 * refused in words (REA7083), where `undefined` would be retried for ever. They are inherited and not enumerable, so that
 * a client prints, spreads and compares as what it is.
 *
 * @param own the verbs that there are
 * @param refuse makes of the refusal what is thrown
 */
export function withoutVerbs(
  target: Addressed,
  own: readonly (typeof VERBS)[number][],
  refuse: (error: TerminalError) => Error = (error) => error,
): object {
  const others = VERBS.filter((verb) => !own.includes(verb)).map((verb): [string, PropertyDescriptor] => [
    verb,
    {
      get(): never {
        throw refuse(wrongVerb(target, verb));
      },
    },
  ]);
  return Object.create(Object.prototype, Object.fromEntries(others)) as object;
}

/** Why a component's client does not have a verb. */
export function wrongVerb({ kind, name }: Addressed, verb: string): TerminalError {
  const { what, use } = USES[kind];
  return new TerminalError(
    `REA7083: ${name} is ${what}, so its client has no "${verb}". Use ${use}, and declare the client by the kind of its component.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7083' } },
  );
}

/** An object of the given verbs, besides what {@link withoutVerbs} refuses. */
export function verbsOver<V extends object>(others: object, verbs: V): V {
  return Object.assign(Object.create(others) as object, verbs);
}
