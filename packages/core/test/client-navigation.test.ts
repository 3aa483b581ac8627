import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import '../../../test/support/claim.js';
import { editorOf } from './support/editor.js';

const here = dirname(fileURLToPath(import.meta.url));
const FILE = join(here, 'navigated.ts');

/** A file as an editor has it open. Methods are found by the comment before them, their uses by the one before these. */
const SOURCE = `
import type { Context, ObjectContext, ObjectSharedContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { iface } from '@restatedev/restate-sdk';
import type { ObjectClient, ServiceClient, WorkflowClient } from '@rea/core';
import type { Ingress, IngressObjectClient, IngressServiceClient, IngressWorkflowClient } from '@rea/ingress';

interface Receipt { id: string; /*field*/paidAt: Date }

class Payments {
  async /*charge*/charge(_ctx: Context, _input: { amount: number }): Promise<Receipt> {
    return { id: 'r', paidAt: new Date(0) };
  }
}
class Cart {
  async /*add*/add(_ctx: ObjectContext, _sku: string): Promise<number> { return 1; }
  async /*view*/view(_ctx: ObjectSharedContext): Promise<string[]> { return []; }
}
class Order {
  async place(_ctx: WorkflowContext): Promise<string> { return ''; }
  async /*approve*/approve(_ctx: WorkflowSharedContext, _by: string): Promise<void> {}
  async /*state*/state(_ctx: WorkflowSharedContext): Promise<string> { return ''; }
}
const contract = iface.service('contract', { /*ping*/ping: iface.json<void, string>() });

export async function use(
  payments: ServiceClient<Payments>, carts: ObjectClient<Cart>, orders: WorkflowClient<Order>,
  contracts: ServiceClient<typeof contract>,
  paymentsIngress: IngressServiceClient<Payments>, cartsIngress: IngressObjectClient<Cart>,
  ordersIngress: IngressWorkflowClient<Order>, ingress: Ingress,
) {
  await payments.call./*charge by call*/charge({ amount: 1 });
  payments.send./*charge by send*/charge({ amount: 1 });
  await carts.of('k').call./*add by call*/add('tea');
  carts.of('k').send./*add by send*/add('tea');
  await carts.of('k').call./*view by call*/view();
  await orders.of('id').signal./*approve by signal*/approve('Ada');
  await orders.of('id').query./*state by query*/state();
  await contracts.call./*ping by contract*/ping();
  await paymentsIngress.call./*charge by ingress call*/charge({ amount: 1 });
  await paymentsIngress.send./*charge by ingress send*/charge({ amount: 1 });
  await paymentsIngress.attach./*charge by ingress attach*/charge('k');
  await paymentsIngress.output./*charge by ingress output*/charge('k');
  await cartsIngress.of('k').call./*add by ingress call*/add('tea');
  await ordersIngress.of('id').signal./*approve by ingress signal*/approve('Ada');
  await ordersIngress.of('id').query./*state by ingress query*/state();
  await ingress.service(Payments).call./*charge on demand*/charge({ amount: 1 });
  const receipt = await payments.call.charge({ amount: 1 });
  return receipt./*field by output*/paidAt;
}
`;

const USES = [...SOURCE.matchAll(/\/\*(\w+) (by|on) ([\w ]+)\*\//g)].map((match) => ({
  comment: match[0],
  method: match[1]!,
  position: match.index + match[0].length,
}));

function declarationOf(method: string): number {
  const mark = `/*${method}*/`;
  return SOURCE.indexOf(mark) + mark.length;
}

let service: ts.LanguageService;

beforeAll(() => {
  service = editorOf(new Map([[FILE, SOURCE]]));
}, 120_000);

describe('In an editor, a handler', { meta: { claim: 'client-kinds' } }, () => {
  test('is used without an error', { timeout: 120_000 }, () => {
    const messages = service.getSemanticDiagnostics(FILE).map(({ messageText }) => messageText);
    expect(messages).toEqual([]);
  });

  test.for(USES)('is the definition of $comment', ({ method, position }) => {
    const definitions = service.getDefinitionAtPosition(FILE, position) ?? [];
    expect(definitions.map(({ fileName, textSpan }) => [fileName, textSpan.start])).toEqual([
      [FILE, declarationOf(method)],
    ]);
  });

  test.for(USES)('is renamed together with $comment', ({ method, position }) => {
    const expected = [declarationOf(method), ...USES.filter((use) => use.method === method).map((use) => use.position)];
    for (const start of [declarationOf(method), position]) {
      const places = service.findRenameLocations(FILE, start, false, false, {}) ?? [];
      const starts = places.map(({ textSpan }) => textSpan.start);
      expect(starts).toEqual(expect.arrayContaining(expected));
    }
  });

  test.for(USES)('is found by its references: $comment', ({ method, position }) => {
    const references = service.getReferencesAtPosition(FILE, declarationOf(method)) ?? [];
    expect(references.map(({ textSpan }) => textSpan.start)).toContain(position);
  });
});
