import { HttpStatus } from '@nestjs/common';
import { type AdminClient, sqlLiteral } from '@rea/core/internal';
import { IngressRefusedException } from './ingress.exceptions.js';

/** A workflow, by its id. */
export interface AddressedRun {
  /** For messages: `Order`. */
  readonly what: string;
  /** As the server knows it. */
  readonly service: string;
  readonly id: string;
}

/** The invocation id of a workflow's run. @throws IngressRefusedException with status 404 when the id is not known */
export async function findRun(admin: AdminClient, { what, service, id }: AddressedRun): Promise<string> {
  const [run] = await admin.query<{ id: string }>(
    `select id from sys_invocation where target_service_name = ${sqlLiteral(service)}
     and target_service_key = ${sqlLiteral(id)} and target_handler_name = 'run'`,
  );
  if (run) return run.id;
  const message = `There is no workflow ${what} ${JSON.stringify(id)} to cancel. Submit it first.`;
  throw new IngressRefusedException({ statusCode: HttpStatus.NOT_FOUND, message }, { source: 'application' });
}
