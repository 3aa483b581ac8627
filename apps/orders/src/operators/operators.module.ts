import { Module } from '@nestjs/common';
import { DeadLettersController } from './dead-letters.controller.js';

/** What operators use to see to orders that cannot go on by themselves. */
@Module({ controllers: [DeadLettersController] })
export class OperatorsModule {}
