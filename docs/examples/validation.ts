// #region handlers
import type { Context } from '@restatedev/restate-sdk';
import { Handler, Service } from '@rea/core';
import { z } from 'zod';

export const Booking = z.object({
  guest: z.string().min(1),
  nights: z.int().min(1).max(30),
  note: z.string().default('none'),
});
export type Booking = z.output<typeof Booking>;

export const Confirmation = z.object({ room: z.int(), note: z.string() });
export type Confirmation = z.output<typeof Confirmation>;

@Service()
export class Hotel {
  @Handler({ input: Booking, output: Confirmation }) // another type than the schemas' does not compile
  async book(_ctx: Context, { nights, note }: Booking): Promise<Confirmation> {
    return { room: nights + 100, note }; // the default is there
  }
}
// #endregion handlers

// #region valibot
import * as v from 'valibot';

const Rating = v.object({ stars: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5)) });

@Service()
export class Ratings {
  @Handler({ input: Rating })
  async rate(_ctx: Context, { stars }: v.InferOutput<typeof Rating>): Promise<string> {
    return '*'.repeat(stars);
  }
}
// #endregion valibot

// #region dto
import { Type } from 'class-transformer';
import { IsEmail, IsInt, Min, ValidateNested } from 'class-validator';

export class Child {
  @IsInt()
  @Min(0)
  age!: number;
}

export class Registration {
  @IsEmail()
  email!: string;

  @ValidateNested({ each: true })
  @Type(() => Child)
  children!: Child[];

  get beds(): number {
    return 2 + this.children.filter(({ age }) => age > 1).length;
  }
}

@Service()
export class Reception {
  @Handler({ input: Registration })
  async register(_ctx: Context, registration: Registration): Promise<number> {
    return registration.beds; // an instance, its children too
  }
}
// #endregion dto

// #region signals
import type { WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { promise, promiseKey, Workflow, WorkflowRun, WorkflowSignal } from '@rea/core';

export class Answer {
  @IsInt()
  @Min(1)
  room!: number;
}

@Workflow()
export class Stay {
  static readonly answer = promiseKey('answer', { schema: Answer }); // or a Standard Schema

  @WorkflowRun()
  async stay(ctx: WorkflowContext): Promise<string> {
    const { room } = await promise(ctx, Stay.answer).get(); // checked here as well, whoever settled it
    return `room ${room}`;
  }

  @WorkflowSignal({ input: Answer }) // 400 to whoever signals; the workflow does not notice
  async assign(ctx: WorkflowSharedContext, answer: Answer): Promise<void> {
    await promise(ctx, Stay.answer).resolve(answer);
  }
}
// #endregion signals

// #region controller
import {
  BadRequestException,
  Body,
  Controller,
  Post,
  SerializeOptions,
  StandardSchemaSerializerInterceptor,
  StandardSchemaValidationPipe,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { type IngressServiceClient, InjectIngress } from '@rea/ingress';

/** Nest's own pipe, which answers with the `details` that a refused handler has. */
export const schemas = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) =>
    new BadRequestException({
      statusCode: 400,
      message: 'The request is not valid',
      details: issues.map(({ path = [], message }) => ({
        path: path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.'),
        message,
      })),
    }),
});

@Controller()
export class HotelController {
  constructor(
    @InjectIngress(Hotel) private readonly hotel: IngressServiceClient<Hotel>,
    @InjectIngress(Reception) private readonly reception: IngressServiceClient<Reception>,
  ) {}

  @Post('bookings')
  @UsePipes(schemas)
  @UseInterceptors(StandardSchemaSerializerInterceptor)
  @SerializeOptions({ schema: Confirmation })
  book(@Body({ schema: Booking }) booking: Booking): Promise<Confirmation> {
    return this.hotel.call.book(booking, { idempotencyKey: false });
  }

  @Post('registrations')
  @UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }))
  register(@Body() registration: Registration): Promise<number> {
    return this.reception.call.register(registration, { idempotencyKey: false });
  }
}
// #endregion controller
