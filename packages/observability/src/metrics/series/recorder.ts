import type { ReaEvents } from '@rea/core';
import type { MetricRegistry } from '../metric-registry.js';

/** Ends a subscription. */
export type Stop = () => void;

/** Defines the series of one subject, and counts what the events tell about it. */
export type Recorder = (metrics: MetricRegistry, events: ReaEvents) => Stop[];

export const HANDLER = ['service', 'handler'] as const;

/** Labels of what runs in a handler. */
export const HANDLER_AND_PLANE = ['service', 'handler', 'plane'] as const;
