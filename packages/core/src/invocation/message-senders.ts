import type { AdminClient } from '../registration/admin-client.js';
import { sqlList, sqlLiteral } from '../registration/sql-literal.js';

/** `message`: nobody waits for its answer. `call`: its caller gets it. `unknown`: the server no longer knows. */
export type Sender = 'message' | 'call' | 'unknown';

/** A command of a caller's journal, as the server describes it without its payload. */
interface CallEntry {
  readonly Command: {
    readonly Call?: { readonly invocation_id: string };
    readonly OneWayCall?: { readonly invocation_id: string };
  };
}

/**
 * Whether invocations were called or sent to. The server knows who invoked them, and the journal of a handler that did
 * says how. What came through the ingress counts as a call: its messages are marked by Rea's own clients.
 */
export async function findSenders(
  admin: AdminClient,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Sender>> {
  const senders = new Map<string, Sender>(ids.map((id) => [id, 'unknown']));
  if (ids.length === 0) return senders;
  const rows = await admin.query<{ id: string; invoked_by: string; invoked_by_id?: string | null }>(
    `select id, invoked_by, invoked_by_id from sys_invocation where id in (${sqlList(ids)})`,
    signal,
  );
  const callers = new Set<string>();
  for (const { id, invoked_by: by, invoked_by_id: caller } of rows) {
    if (by === 'ingress') senders.set(id, 'call');
    if (by === 'subscription') senders.set(id, 'message');
    if (caller) callers.add(caller);
  }
  if (callers.size === 0) return senders;
  const entries = await admin.query<{ entry_lite_json: string }>(
    `select entry_lite_json from sys_journal where id in (${sqlList([...callers])})
     and entry_type in ('Command: Call', 'Command: OneWayCall')
     and (${ids.map((id) => `entry_lite_json like ${sqlLiteral(`%"${id}"%`)}`).join(' or ')})`,
    signal,
  );
  for (const { entry_lite_json: text } of entries) {
    const { Call: call, OneWayCall: message } = (JSON.parse(text) as CallEntry).Command;
    if (call) senders.set(call.invocation_id, 'call');
    if (message) senders.set(message.invocation_id, 'message');
  }
  return senders;
}
