/** A deployment that takes the new invocations of components that this process serves too. */
export interface NewerDeployment {
  readonly id: string;
  /** Its URL, or the ARN of its function. */
  readonly address: string;
  /** The application that it is of, where that is another one. */
  readonly application: string | undefined;
  /** Those components, as the server names them. */
  readonly components: readonly string[];
  /** Whether the Restate server reaches it; undefined when that is not known. */
  readonly answers: boolean | undefined;
}

/**
 * What the last look at the server has found. `none`: this process has not registered (yet). `registered`: the server
 * knows its deployment. `lost`: the server has lost its data, or another one took its address. `removed`: somebody has
 * removed the deployment from a server that kept its data.
 */
export interface RegistrationState {
  readonly status: 'none' | 'registered' | 'lost' | 'removed';
  readonly deploymentId?: string;
  /** Empty while this process's deployment is the latest of all its components. */
  readonly newer: readonly NewerDeployment[];
}
