/** A component's name on the server: with the application's namespace before it, when it has one. */
export function qualify(namespace: string | undefined, component: string): string {
  return namespace === undefined ? component : `${namespace}.${component}`;
}
