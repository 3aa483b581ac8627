import type { IncomingMessage } from 'node:http';
import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TerminalError } from '@restatedev/restate-sdk';
import { z } from 'zod';

/**
 * For whoever wants to watch a rollback: which step of the order fails after it has had its effect, and which step cannot
 * be undone.
 */
export const FailureSwitch = z.object({ step: z.string().max(100).optional(), undo: z.string().max(100).optional() });
export type FailureSwitch = z.infer<typeof FailureSwitch>;

/** The headers `X-Fail-Step` and `X-Fail-Undo` of a request; undefined when it has neither. */
export const FailureHeaders = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
  const [step, undo] = [headers['x-fail-step'], headers['x-fail-undo']].map((value) => value?.toString());
  if (step === undefined && undo === undefined) return undefined;
  const { data, success } = FailureSwitch.safeParse({ step, undo });
  if (!success) throw new BadRequestException('The headers X-Fail-Step and X-Fail-Undo name a step.');
  return data;
});

/** Fails where the switch says so. @throws TerminalError */
export function failIf(isSwitched: boolean | undefined, what: string): void {
  if (isSwitched) throw new TerminalError(`${what} was switched to fail.`, { errorCode: 500 });
}
