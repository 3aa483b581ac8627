import { ReaError } from '../rea.error.js';

/** Where a component is served by another application. */
export interface ForeignDeployment {
  readonly component: string;
  readonly application: string;
  readonly address: string;
  readonly deploymentId: string;
}

/** Another application serves a component of this one on the same Restate server. */
export class ComponentTakenError extends ReaError {
  readonly code = 'REA6030';

  constructor(
    /** This application; undefined when it has no name. */
    readonly application: string | undefined,
    /** Its components that another one serves. */
    readonly taken: readonly ForeignDeployment[],
  ) {
    const own = application === undefined ? 'this application, which has no name' : JSON.stringify(application);
    const where = taken.map(
      ({ component, application: other, address, deploymentId }) =>
        `${component} is served by the application ${JSON.stringify(other)} (${address}, ${deploymentId})`,
    );
    super(
      `REA6030: ${where.join('; ')}. Registering ${own} would take its calls. Give the component another name, or the application a namespace: ReaModule.forRoot({ namespace }). If both are one application, give them one name: ReaModule.forRoot({ name }). If the other one is gone for good, remove its deployment.`,
    );
  }
}
