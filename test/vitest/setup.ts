import 'reflect-metadata';
import { SHARED_SERVER_VARIABLE } from '@rea/testing';
import { inject } from 'vitest';

process.env[SHARED_SERVER_VARIABLE] = inject('reaServer');
// CI would make every guardrail strict; tests say which mode they mean.
delete process.env['CI'];
