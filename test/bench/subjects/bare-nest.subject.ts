// What a Nest application has in memory anyway: the fair baseline for one that uses Rea.
import 'reflect-metadata';
import '@nestjs/core';
import '@nestjs/platform-express';
import 'class-transformer';
import 'class-validator';
import 'zod';

export { open } from './bare.subject.js';
