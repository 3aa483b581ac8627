import { Injectable, Logger } from '@nestjs/common';
import { OperatorRoutes } from '../operators/operator-routes.js';
import type { DeadLetterSummary } from './dead-letter-entry.js';
import type { StoredReport } from './stored-report.js';

/** Longest message of an error in a line, in characters. */
const LONGEST = 500;

/** What the log says about dead letters. Payloads are not in it, but where an entry would be lost otherwise. */
@Injectable()
export class DeadLetterLog {
  private readonly logger = new Logger('Rea');
  private readonly unstored = new Set<string>();

  constructor(private readonly routes: OperatorRoutes) {}

  /** An entry is stored. */
  added(summary: DeadLetterSummary, report: StoredReport): void {
    const { id, saga, step, kind, error, attempts } = summary;
    const what = kind === 'forward' ? 'could not be done, after the pivot' : 'could not be undone';
    const left = report.undone.map((each) => each.step);
    const rest = left.length > 0 ? ` Also not undone, because the rollback stopped: ${left.join(', ')}.` : '';
    this.logger.error(
      `REA8067: The step "${step}" of the saga "${saga}" ${what} (${error.code} ${error.message.slice(0, LONGEST)}; ${attempts} ${attempts === 1 ? 'try' : 'tries'}). It is the dead letter ${JSON.stringify(id)} of ${placeOf(summary)}, with a payload of ${sizeOf(report.payload)} bytes.${rest} ${this.cure(summary)}`,
    );
  }

  /** Steps were added to an entry. */
  extended(summary: DeadLetterSummary, steps: readonly string[]): void {
    this.logger.error(
      `REA8068: The dead letter ${JSON.stringify(summary.id)} of ${placeOf(summary)} has further steps that are not undone: ${steps.join(', ')}. ${this.cure(summary)}`,
    );
  }

  /** An entry could not be stored. The whole of it is logged, once by process: what is in the log is not lost. */
  notStored(id: string, report: StoredReport, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const isKnown = this.unstored.has(id);
    this.unstored.add(id);
    const entry = isKnown ? '' : ` The entry: ${JSON.stringify(report)}`;
    this.logger.error(
      `REA8069: The dead letter ${JSON.stringify(id)} could not be stored: ${why}. It is tried again until it is; make sure that nothing refuses it.${entry}`,
    );
  }

  /** An entry that could not be stored at first is. */
  stored(id: string): void {
    this.unstored.delete(id);
  }

  private cure({ id, kind, compensation }: DeadLetterSummary): string {
    const isNamed = kind === 'compensation' && compensation !== null;
    const verb = isNamed ? 'redrive' : 'resolve';
    const route = this.routes.deadLetter(id, verb);
    const orRoute = route === undefined ? '' : `, or POST ${route}`;
    const hand = isNamed ? '' : 'It has no compensation that can be run by name: do it by hand, then ';
    const call = `DeadLetters.${verb}(${JSON.stringify(id)}, { by${isNamed ? '' : ', note'} })`;
    return `${hand}${isNamed ? 'Redrive it: ' : 'resolve it: '}${call}${orRoute}.`;
  }
}

function placeOf({ service, handler, key, invocationId }: DeadLetterSummary): string {
  return `${service}/${handler}${key === null ? '' : ` (${JSON.stringify(key)})`}, ${invocationId}`;
}

function sizeOf(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload ?? null));
}
