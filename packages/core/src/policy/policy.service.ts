import { Inject, Injectable, Logger } from '@nestjs/common';
import { ReaEvents } from '../events/rea-events.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import { describeViolation, PolicyViolationError } from './policy-violation.error.js';
import { checkRuleId, parseMode, type ResolvedPolicy, resolvePolicy, stricter } from './policy-resolution.js';
import type { PolicyMode, RuleId, Violation } from './policy.types.js';
import { RULES } from './rules.js';
import { modeHere } from './with-policy.js';

/** Guardrails on the operations of the context. */
const CONTEXT_RULES: readonly RuleId[] = ['context-in-run', 'shared-write', 'plane', 'blocking-exclusive'];

/** A bound on memory, should what was done carry changing text. */
const MOST_FINDINGS = 1_000;

/** What a guardrail tells the policy when it fires. */
export interface Finding {
  readonly place: string;
  readonly what: string;
  /** What stays the same when `what` holds a key, a size or a time: it is logged once. Default: `what`. */
  readonly deed?: string;
  readonly invocationId?: string;
  /** Done again on a replay: it has been published before. */
  readonly isReplayed?: boolean;
}

/**
 * Decides what a guardrail does. Every guardrail calls {@link PolicyService.report} with its rule id; nothing else
 * in Rea throws or warns for one, so modes, overrides, events and logs are the same for all.
 */
@Injectable()
export class PolicyService {
  private readonly logger = new Logger('Rea');
  private readonly found = new Map<string, Violation>();
  private policy: ResolvedPolicy;
  private contextIsGuarded: boolean;
  private promisesAreWatched: boolean;
  private awaitsAreWatched: boolean;
  private valuesAreWatched: boolean;

  constructor(
    @Inject(REA_OPTIONS) options: ReaModuleOptions,
    private readonly events: ReaEvents,
  ) {
    this.policy = resolvePolicy(options.policy, process.env);
    this.contextIsGuarded = this.isContextGuarded();
    this.promisesAreWatched = this.isOn('native-promise');
    this.awaitsAreWatched = this.areAwaitsOn();
    this.valuesAreWatched = this.isOn('lossy-value');
  }

  /** Whether handlers get a guarded context: some guardrail on its operations is on. */
  get guardsContext(): boolean {
    return this.contextIsGuarded;
  }

  /** Whether attempts are watched for native code that waits for several futures at once. */
  get watchesPromises(): boolean {
    return this.promisesAreWatched;
  }

  /** Whether attempts note what they start, to find what is not awaited. */
  get watchesAwaits(): boolean {
    return this.awaitsAreWatched;
  }

  /** Whether values for the journal are looked at for what JSON does not keep. */
  get watchesValues(): boolean {
    return this.valuesAreWatched;
  }

  /**
   * The mode of a rule for the calling code: what `withPolicy` says around it, what the rule has, what the module has;
   * each at least as strict as the environment's.
   */
  modeOf(id: RuleId): PolicyMode {
    return stricter(modeHere(id) ?? this.ownModeOf(id), this.policy.floor);
  }

  /**
   * The mode of a rule that has an option of its own beside the policy: what the rule has, else what the option says, else
   * the default, or the module's mode where there is none; at least as strict as the environment's.
   */
  modeBeside(id: RuleId, option: PolicyMode | undefined, byDefault: PolicyMode | undefined): PolicyMode {
    return stricter(this.policy.rules[id] ?? option ?? byDefault ?? this.policy.mode, this.policy.floor);
  }

  /** The mode that is set for one rule, and only for it. */
  ruleMode(id: RuleId): PolicyMode | undefined {
    return this.policy.rules[id];
  }

  /**
   * Changes a mode while the application runs: of one rule, or of all rules without a mode of their own.
   * Attempts that have started keep the context they were given.
   *
   * @throws PolicyConfigurationError on an unknown mode or rule id.
   */
  set(mode: PolicyMode, id?: RuleId): void {
    parseMode(mode, id ? `PolicyService.set for ${id}` : 'PolicyService.set');
    if (id !== undefined) checkRuleId(id, 'PolicyService.set');
    this.policy = id ? { ...this.policy, rules: { ...this.policy.rules, [id]: mode } } : { ...this.policy, mode };
    this.contextIsGuarded = this.isContextGuarded();
    this.promisesAreWatched = this.isOn('native-promise');
    this.awaitsAreWatched = this.areAwaitsOn();
    this.valuesAreWatched = this.isOn('lossy-value');
  }

  /**
   * Reports a finding: publishes the violation, then refuses it or logs it once per place.
   *
   * @throws PolicyViolationError when the rule's mode and severity refuse it.
   */
  report(id: RuleId, finding: Finding): void {
    const mode = this.modeOf(id);
    if (mode === 'disabled') return;
    const violation = this.record(id, finding, mode === 'strict' || RULES[id].severity === 'unsafe');
    if (violation.refused) throw new PolicyViolationError(violation);
  }

  /**
   * Records a finding on which its place has decided already: publishes it, and logs it once per place unless it was
   * refused.
   *
   * @internal
   */
  record(id: RuleId, finding: Finding, refused: boolean): Violation {
    const violation: Violation = {
      rule: RULES[id],
      place: finding.place,
      what: finding.what,
      refused,
      ...(finding.invocationId === undefined ? {} : { invocationId: finding.invocationId }),
    };
    if (!finding.isReplayed) this.events.publish('violation', () => violation);
    const key = `${id}\n${finding.place}\n${finding.deed ?? finding.what}`;
    const isNew = !this.found.has(key) && this.found.size < MOST_FINDINGS;
    if (isNew) this.found.set(key, violation);
    if (isNew && !refused) this.logger.warn(describeViolation(violation));
    return violation;
  }

  private isContextGuarded(): boolean {
    return CONTEXT_RULES.some((id) => this.isOn(id));
  }

  private areAwaitsOn(): boolean {
    return this.isOn('unawaited') || this.isOn('unawaited-call');
  }

  /** For the application as a whole. */
  private isOn(id: RuleId): boolean {
    return stricter(this.ownModeOf(id), this.policy.floor) !== 'disabled';
  }

  private ownModeOf(id: RuleId): PolicyMode {
    return this.policy.rules[id] ?? this.policy.mode;
  }

  /** What has been found since the start: one finding per rule, place and deed, at most 1,000. */
  findings(): Violation[] {
    return [...this.found.values()];
  }
}
