/** Another program has the port of the shop front. */
export class PortTakenError extends Error {
  override name = 'PortTakenError';

  constructor(port: number, options?: ErrorOptions) {
    super(
      `Port ${port} is taken by another program. Stop it, or use another port: PORT=${port + 1} npm start`,
      options,
    );
  }
}
