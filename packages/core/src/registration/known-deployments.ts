import type { KnownDeployment } from './admin-client.js';

/** Key of a deployment's metadata: the name of the application that it is of. */
export const APPLICATION = 'rea.application';

/** A service on the deployment that new invocations of it run on. */
export interface LatestDeployment {
  readonly deployment: KnownDeployment;
  readonly revision: number;
}

/** By service, the deployment that new invocations run on: the one that was registered last. */
export function latestByService(deployments: readonly KnownDeployment[]): Map<string, LatestDeployment> {
  const latest = new Map<string, LatestDeployment>();
  for (const deployment of deployments) {
    for (const { name, revision } of deployment.services) {
      const known = latest.get(name);
      if (!known || known.revision < revision) latest.set(name, { deployment, revision });
    }
  }
  return latest;
}

/** The application that a deployment is of; undefined when it names none: it is older, or not Rea's. */
export function applicationOf({ metadata }: KnownDeployment): string | undefined {
  return metadata?.[APPLICATION];
}

/** For messages: its URL, or what it has instead. */
export function addressOf({ uri, arn, id }: KnownDeployment): string {
  return uri ?? arn ?? id;
}

/** The server adds a slash at the end. */
export function isSameUrl(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && new URL(one).href === new URL(other).href;
}

/** Where others than a deployment take the new invocations of its components, by the deployment that does. */
export function newerThan(
  own: KnownDeployment,
  components: readonly string[],
  deployments: readonly KnownDeployment[],
): Map<KnownDeployment, string[]> {
  const latest = latestByService(deployments);
  const newer = new Map<KnownDeployment, string[]>();
  for (const component of components) {
    const { deployment } = latest.get(component) ?? {};
    if (!deployment || deployment.id === own.id) continue;
    newer.set(deployment, [...(newer.get(deployment) ?? []), component]);
  }
  return newer;
}
