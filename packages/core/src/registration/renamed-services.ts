import type { RegisteredService } from './admin-client.js';

/** Services that are gone, and those that have come with the same kind and handlers: the same code under another name. */
export function renamedServices(
  before: readonly RegisteredService[],
  after: readonly RegisteredService[],
): { readonly from: string; readonly to: string }[] {
  const gone = before.filter(({ name }) => !after.some((other) => other.name === name));
  const come = after.filter(({ name }) => !before.some((other) => other.name === name));
  return gone.flatMap((service) => {
    const twin = come.find((other) => shapeOf(other) === shapeOf(service));
    if (!twin) return [];
    come.splice(come.indexOf(twin), 1);
    return [{ from: service.name, to: twin.name }];
  });
}

function shapeOf({ ty, handlers }: RegisteredService): string {
  return [ty, ...handlers.map(({ name }) => name).toSorted()].join(' ');
}
