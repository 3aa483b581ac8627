import type { RegisteredService } from './admin-client.js';

/** These differ between two registrations of the same code. */
const VOLATILE = new Set(['revision', 'deployment_id']);

/** What differs between two registrations: services, handlers and every option, a readable line each. */
export function schemaChanges(before: readonly RegisteredService[], after: readonly RegisteredService[]): string[] {
  return compareNamed('service', before, after, (was, is) => [
    ...compareOptions(is.name, was, is),
    ...compareNamed(
      `handler`,
      was.handlers,
      is.handlers,
      (a, b) => compareOptions(`${is.name}/${b.name}`, a, b),
      `${is.name}/`,
    ),
  ]);
}

function compareNamed<T extends { readonly name: string }>(
  what: string,
  before: readonly T[],
  after: readonly T[],
  compare: (was: T, is: T) => string[],
  prefix = '',
): string[] {
  const removed = before.filter(({ name }) => !after.some((other) => other.name === name));
  const lines = removed.map(({ name }) => `${what} ${prefix}${name} is gone`);
  for (const is of after) {
    const was = before.find(({ name }) => name === is.name);
    lines.push(...(was ? compare(was, is) : [`${what} ${prefix}${is.name} is new`]));
  }
  return lines;
}

function compareOptions(name: string, was: object, is: object): string[] {
  const a = new Map(Object.entries(was));
  const b = new Map(Object.entries(is));
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys]
    .filter((key) => key !== 'handlers' && !VOLATILE.has(key))
    .filter((key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key)))
    .map((key) => `${name}: ${key} was ${show(a.get(key))}, is ${show(b.get(key))}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'unset';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
