import { TerminalError } from '@restatedev/restate-sdk';
import { engineError } from '../failures/engine-error.js';
import { isA } from '../failures/thrown.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { foreignTerminalError } from './foreign-terminal-error.js';

type Mapping = (error: unknown) => TerminalError | undefined;

/**
 * What is terminal of what a handler throws: by the application's own mapping, else by Rea's. A mapping that throws knows
 * nothing of the error: the SDK calls it where a throw would leave a run unanswered for ever.
 */
export function terminalMapping(own: Mapping | undefined): Mapping {
  return (error) => mapped(own, error) ?? asTerminalError(error) ?? foreignTerminalError(error);
}

function mapped(own: Mapping | undefined, error: unknown): TerminalError | undefined {
  if (!own || isA(error, TerminalError)) return undefined;
  try {
    const terminal = own(error);
    return isA(terminal, TerminalError) ? engineError(terminal) : undefined;
  } catch {
    return undefined;
  }
}
