/** The class of an object that has a method of its own by this name; undefined when none has. */
export function classWith<C extends object>(method: keyof C, of: object): C | undefined {
  let owner = Object.getPrototypeOf(of) as C | null;
  while (owner && !Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as C | null;
  return owner ?? undefined;
}

/** As {@link classWith}, of a class that is changed, once: it, and so its objects, have the mark from then on. */
export function classToChange<C extends object>(method: keyof C, of: object, mark: symbol): C | undefined {
  const owner = classWith<C>(method, of);
  if (owner) Object.defineProperty(owner, mark, { value: true });
  return owner;
}
