import type { NewerDeployment } from './registration-state.js';

/** The server has lost its data, or at least nothing of before serves the components. */
export function describeLost(adminUrl: string, uri: string, id: string, then: keyof typeof AFTER_LOSS): string {
  const cure = AFTER_LOSS[then];
  return `REA6031: The Restate server at ${adminUrl} no longer knows this application (${uri}, ${id}), and no deployment that it knew before serves its components: the server was started without its data, another one took its address, or the deployment was removed. Calls get a 404 meanwhile; earlier invocations and state exist only where that data is. ${cure}`;
}

const AFTER_LOSS = {
  again: 'It is registered again now.',
  off: 'Register it again, or restart this process: registration.watch.registerAgain is false.',
  outdated:
    'It is not registered again, since a newer deployment took its calls, and registering it would take them back: stop this process, or restart it to register it.',
};

/** The deployment was removed from a server that kept its data. */
export function describeRemoved(uri: string, id: string, servedBy: readonly string[]): string {
  return `REA6033: The deployment ${id} of this process (${uri}) was removed from the Restate server. Its components are served by ${servedBy.join(', ')}. It is not registered again, since that would take their calls: stop this process, or restart it to register it.`;
}

/** Newer deployments take the calls. */
export function describeNewer(uri: string, id: string, newer: readonly NewerDeployment[]): string {
  const each = newer.map(
    ({ id: other, address, application, components, answers }) =>
      `new calls of ${components.join(', ')} go to ${address} (${other}${application === undefined ? '' : `, of the application ${JSON.stringify(application)}`}), which ${ANSWERS[String(answers)]}`,
  );
  return `REA6032: ${uri} (${id}) is not the latest deployment of its components: ${each.join('; ')}. To go back to this version, deploy it under a new URL (endpoint.advertisedUrl), or remove the newer deployment.`;
}

const ANSWERS: Readonly<Record<string, string>> = {
  true: 'answers',
  false: 'the Restate server cannot reach, so they wait for it',
  undefined: 'may or may not answer',
};
