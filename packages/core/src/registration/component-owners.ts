import type { KnownDeployment, RegisteredService } from './admin-client.js';
import { ComponentTakenError, type ForeignDeployment } from './component-taken.error.js';
import { addressOf, applicationOf, isSameUrl, latestByService } from './known-deployments.js';

/** What is about to be registered, or just was. */
export interface Registering {
  readonly uri: string;
  /** Undefined: without a name. */
  readonly application: string | undefined;
  /** Whether what the server knows about the URL may be replaced. */
  readonly replaces: boolean;
}

/**
 * Components belong to the application that serves them already. One that a deployment without a name serves (it is
 * older, or not Rea's) is taken for this application's own, and so is what may be replaced at this very URL, where nobody
 * else can be.
 *
 * @throws ComponentTakenError when another application serves a component
 */
export function refuseTaken(
  { uri, application, replaces }: Registering,
  components: readonly string[],
  deployments: readonly KnownDeployment[],
): void {
  const latest = latestByService(deployments);
  const taken = components.flatMap((component) => {
    const { deployment } = latest.get(component) ?? {};
    if (!deployment || (replaces && isSameUrl(deployment.uri, uri))) return [];
    return foreign(component, deployment, application);
  });
  if (taken.length > 0) throw new ComponentTakenError(application, taken);
}

/** Services that somebody has registered between a look at the deployments and a registration. */
export function isContended(services: readonly RegisteredService[], before: readonly KnownDeployment[]): boolean {
  const latest = latestByService(before);
  return services.some(({ name, revision }) => revision > (latest.get(name)?.revision ?? 0) + 1);
}

/**
 * Of two applications that register a component at once, the one that came second steps back: both see the same order.
 *
 * @throws ComponentTakenError when this one came second
 */
export function refuseSecond(
  application: string | undefined,
  id: string,
  services: readonly RegisteredService[],
  deployments: readonly KnownDeployment[],
): void {
  const others = deployments.filter((deployment) => deployment.id !== id);
  const taken = services.flatMap(({ name, revision }) => {
    const earlier = others.map((deployment) => ({
      ...deployment,
      services: deployment.services.filter((each) => each.name === name && each.revision < revision),
    }));
    const { deployment } = latestByService(earlier).get(name) ?? {};
    return deployment ? foreign(name, deployment, application) : [];
  });
  if (taken.length > 0) throw new ComponentTakenError(application, taken);
}

function foreign(component: string, deployment: KnownDeployment, own: string | undefined): ForeignDeployment[] {
  const application = applicationOf(deployment);
  if (application === undefined || application === own) return [];
  return [{ component, application, address: addressOf(deployment), deploymentId: deployment.id }];
}
