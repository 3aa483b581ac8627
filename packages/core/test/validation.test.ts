import {
  Handler,
  InjectClient,
  type ObjectClient,
  ReaEvents,
  Service,
  type ServiceClient,
  Shared,
  VirtualObject,
} from '@rea/core';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { serde, TerminalError } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { Type } from 'class-transformer';
import { IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';

const Order = z.object({
  sku: z.string().min(1),
  lines: z.array(z.object({ quantity: z.number().int().positive() })),
  note: z.string().default('none'),
});
type OrderInput = z.input<typeof Order>;

class LineDto {
  @IsInt()
  @Min(1)
  quantity!: number;
}

class OrderDto {
  @IsString()
  sku!: string;

  @ValidateNested({ each: true })
  @Type(() => LineDto)
  lines!: LineDto[];

  total(): number {
    return this.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  }
}

/** Valibot, made to tell its JSON Schema. */
const Parcel = toStandardJsonSchema(
  v.object({
    to: v.pipe(v.string(), v.minLength(2)),
    items: v.array(v.object({ grams: v.pipe(v.number(), v.integer(), v.minValue(1)) })),
    note: v.optional(v.string(), 'none'),
  }),
);
type Parcel = StandardSchemaV1.InferOutput<typeof Parcel>;

/** A schema of no library: even numbers, doubled. */
const Even: StandardSchemaV1<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' && value % 2 === 0
        ? { value: value * 2 }
        : { issues: [{ message: 'is not even', path: [{ key: 'deep' }, 0, 'down'] }, { message: 'at all' }] },
  },
};

/** A schema that answers later, which no handler can wait for before it starts. */
const Later: StandardSchemaV1<number, number> = {
  '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as number }) },
};

/** Handlers that were entered, and handlers of which an attempt started, in order. */
const entered: string[] = [];
const attempts: string[] = [];

@Service({ retryPolicy: { initialInterval: 20 } })
class Checked {
  @Handler({ input: Order })
  async zod(_ctx: Context, order: z.output<typeof Order>): Promise<unknown> {
    entered.push('zod');
    return order;
  }

  @Handler({ input: Parcel, output: Parcel })
  async valibot(_ctx: Context, parcel: Parcel): Promise<Parcel> {
    entered.push('valibot');
    return parcel;
  }

  @Handler({ output: v.object({ pin: v.number() }) })
  async leaky(_ctx: Context, pin: unknown): Promise<{ pin: number }> {
    entered.push('leaky');
    return { pin: pin as number };
  }

  @Handler({ input: OrderDto })
  async dto(_ctx: Context, order: OrderDto): Promise<unknown> {
    entered.push('dto');
    return [order instanceof OrderDto, order.lines[0] instanceof LineDto, order.total()];
  }

  @Handler({ input: Even })
  async handmade(_ctx: Context, even: number): Promise<number> {
    entered.push('handmade');
    return even;
  }

  @Handler({ input: Later })
  async later(_ctx: Context, value: number): Promise<number> {
    entered.push('later');
    return value;
  }

  @Handler({ output: z.object({ id: z.number(), at: z.string().default('now') }) })
  async output(_ctx: Context, id: unknown): Promise<{ id: number; at?: string }> {
    entered.push('output');
    return { id: id as number };
  }

  @Handler({ output: OrderDto })
  async dtoOutput(_ctx: Context, order: object): Promise<OrderDto> {
    entered.push('dtoOutput');
    return order as OrderDto;
  }

  @Handler({ input: serde.binary, output: serde.binary })
  async bytes(_ctx: Context, bytes: Uint8Array): Promise<Uint8Array> {
    entered.push('bytes');
    return bytes.toReversed();
  }

  @Handler()
  async anything(_ctx: Context, input: unknown): Promise<unknown> {
    entered.push('anything');
    return input ?? 'nothing';
  }
}

@VirtualObject()
class Box {
  @Handler({ input: z.number() })
  async put(_ctx: ObjectContext, value: number): Promise<number> {
    entered.push('put');
    return value;
  }

  @Shared({ input: z.number() })
  async look(_ctx: ObjectSharedContext, value: number): Promise<number> {
    entered.push('look');
    return value;
  }
}

@Service()
class Caller {
  constructor(
    @InjectClient(Checked) private readonly checked: ServiceClient<Checked>,
    @InjectClient(Box) private readonly boxes: ObjectClient<Box>,
  ) {}

  @Handler()
  async failures(_ctx: Context): Promise<unknown[]> {
    const failure = (error: TerminalError) => [
      error.code,
      error.metadata?.['rea.code'],
      error.metadata?.['rea.details'],
    ];
    return [
      await this.checked.call.zod({ sku: '', lines: [] } as never).then(String, failure),
      await this.boxes
        .of('b')
        .call.put('one' as never)
        .then(String, failure),
    ];
  }

  @Handler()
  async bytes(_ctx: Context): Promise<number[]> {
    return [...(await this.checked.call.bytes(new Uint8Array([1, 2])))];
  }
}

let app: ReaTestApp;
let ingressUrl: string;
beforeAll(async () => {
  app = await createTestApp({ providers: [Checked, Box, Caller] });
  ({ ingressUrl } = await sharedServer());
  app.get(ReaEvents).on('attempt-started', ({ handler }) => attempts.push(handler));
});
afterAll(() => app?.close());
beforeEach(() => {
  entered.length = 0;
  attempts.length = 0;
});

const once = { idempotencyKey: false } as const;

function post(path: string, body: RequestInit['body'], type = 'application/json'): Promise<Response> {
  return fetch(`${ingressUrl}/${app.namespace}.${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: body ?? null,
  });
}

describe('A valid input', () => {
  test('arrives as its schema makes it', async () => {
    const { call } = app.ingress.service(Checked);
    expect(await call.zod({ sku: 'a', lines: [] } as OrderInput as never, once)).toEqual({
      sku: 'a',
      lines: [],
      note: 'none',
    });
    expect(await call.handmade(4, once)).toBe(8);
  });

  test('of another library, too', async () => {
    const { call } = app.ingress.service(Checked);
    const parcel = { to: 'Rome', items: [{ grams: 5 }] };
    expect(await call.valibot(parcel as Parcel, once)).toEqual({ ...parcel, note: 'none' });
  });

  test('arrives as an instance of its DTO class, nested ones too', async () => {
    const input = { sku: 'a', lines: [{ quantity: 2 }, { quantity: 3 }] } as OrderDto;
    expect(await app.ingress.service(Checked).call.dto(input, once)).toEqual([true, true, 5]);
  });

  test('arrives in the format of its serde, through the ingress and from a handler', async () => {
    const bytes = await app.ingress.service(Checked).call.bytes(new Uint8Array([1, 2, 3]), once);
    expect([...bytes]).toEqual([3, 2, 1]);
    expect(await app.ingress.service(Caller).call.bytes(undefined, once)).toEqual([2, 1]);
  });
});

describe('An invalid input', () => {
  test.each<[string, unknown, unknown[]]>([
    [
      'zod',
      { sku: '', lines: [{ quantity: 1 }, { quantity: -1 }] },
      [
        { path: 'sku', message: expect.any(String) },
        { path: 'lines.1.quantity', message: expect.any(String) },
      ],
    ],
    ['zod', null, [{ path: '', message: expect.any(String) }]],
    [
      'dto',
      { sku: 1, lines: [{ quantity: 0.5 }] },
      expect.arrayContaining([
        { path: 'sku', message: expect.stringContaining('string') },
        { path: 'lines.0.quantity', message: expect.stringContaining('integer') },
      ]),
    ],
    [
      'valibot',
      { to: 'x', items: [{ grams: 1 }, { grams: 1.5 }] },
      [
        { path: 'to', message: expect.any(String) },
        { path: 'items.1.grams', message: expect.any(String) },
      ],
    ],
    ['dto', 'text', expect.any(Array)],
    ['dto', null, expect.any(Array)],
    ['dto', [], expect.any(Array)],
    [
      'handmade',
      3,
      [
        { path: 'deep.0.down', message: 'is not even' },
        { path: '', message: 'at all' },
      ],
    ],
  ])(
    'for %s (%j) is refused with 400 and details, in one attempt, before the handler',
    async (handler, input, details) => {
      const call = app.ingress.service(Checked).call as never as Record<
        string,
        (i: unknown, o: object) => Promise<unknown>
      >;
      await expect(call[handler]!(input, once)).rejects.toMatchObject({
        status: 400,
        response: { statusCode: 400, code: 'REA2010', details, message: expect.stringContaining(handler) },
      });
      expect(entered).toEqual([]);
      expect(attempts).toEqual([handler]);
    },
  );

  test('is refused by exclusive and shared handlers of an object', async () => {
    const box = app.ingress.object(Box).of('k').call;
    const invalid = { status: 400, response: { code: 'REA2010' } };
    await expect(box.put('x' as never, once)).rejects.toMatchObject(invalid);
    await expect(box.look('x' as never)).rejects.toMatchObject(invalid);
    expect(entered).toEqual([]);
  });

  test('sent by a handler fails the call there, with status and details', async () => {
    expect(await app.ingress.service(Caller).call.failures(undefined, once)).toEqual([
      [400, 'REA2010', expect.stringContaining('"path":"sku"')],
      [400, 'REA2010', expect.stringContaining('"path":""')],
    ]);
    expect(entered).toEqual([]);
  });

  test('of a schema that validates asynchronously is refused terminally, with the cure', async () => {
    await expect(app.ingress.service(Checked).call.later(1, { ...once, timeout: 5_000 })).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/async/i),
    });
    expect(attempts).toEqual(['later']);
    expect(entered).toEqual([]);
  });
});

describe('An output', () => {
  test('is what its schema makes of it', async () => {
    expect(await app.ingress.service(Checked).call.output(1, once)).toEqual({ id: 1, at: 'now' });
  });

  test('that is not valid is a terminal 500 with details, after one attempt', async () => {
    await expect(app.ingress.service(Checked).call.output('x', once)).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2010', details: [{ path: 'id', message: expect.any(String) }] },
    });
    expect(entered).toEqual(['output']);
  });

  test.for([
    ['output', 'Checked/output', 'id'],
    ['leaky', 'Checked/leaky', 'pin'],
  ] as const)('of %s that is not valid is told by handler and field, and not by value', async ([name, place, path]) => {
    const failed = app.ingress.service(Checked).call[name]('s3cr3t-pin', once);
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      status: 500,
      message: expect.stringContaining(place),
      response: { details: [{ path, message: 'does not fit the schema' }] },
    });
    const kept = await app.query(
      `select * from sys_invocation where target_service_name = '${app.namespace}.Checked' and completion_failure like '%${path}%'`,
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(JSON.stringify([(error as { response: object }).response, kept])).not.toContain('s3cr3t');
  });

  test('that does not fit its DTO class is a terminal 500', async () => {
    await expect(app.ingress.service(Checked).call.dtoOutput({ sku: 1, lines: [] }, once)).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2010', details: [{ path: 'sku', message: expect.any(String) }] },
    });
    expect(entered).toEqual(['dtoOutput']);
  });
});

describe('A raw request', () => {
  test.each([
    ['zod', '{"sku":'],
    ['dto', 'not json'],
    ['anything', '{"a"'],
  ])('to %s with malformed JSON (%s) is refused with 400, in one attempt', async (handler, body) => {
    const response = await post(`Checked/${handler}`, body);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toMatch(/\n\s+at /);
    expect(entered).toEqual([]);
  });

  test('with another content type is refused by the ingress', async () => {
    const response = await post('Checked/zod', 'sku=a', 'application/x-www-form-urlencoded');
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(entered).toEqual([]);
  });

  test('without a body to a handler with a schema is refused with 400', async () => {
    const response = await fetch(`${ingressUrl}/${app.namespace}.Checked/zod`, { method: 'POST' });
    expect(response.status).toBe(400);
    await expect(app.ingress.service(Checked).call.zod(undefined as never, once)).rejects.toMatchObject({
      status: 400,
    });
    expect(entered).toEqual([]);
  });

  test('to an unknown handler or component is not found', async () => {
    expect((await post('Checked/nope', '{}')).status).toBe(404);
    expect((await post('Nobody/zod', '{}')).status).toBe(404);
  });
});

describe('The JSON schema', () => {
  test('of inputs and outputs appears in discovery, also for DTO classes as far as it is known', async () => {
    const { adminUrl } = await sharedServer();
    const response = await fetch(`${adminUrl}/services/${app.namespace}.Checked`);
    const { handlers } = (await response.json()) as {
      handlers: { name: string; input_json_schema?: object; output_json_schema?: object; input_description: string }[];
    };
    const handler = (name: string) => handlers.find((candidate) => candidate.name === name);
    expect(handler('zod')?.input_json_schema).toMatchObject({
      type: 'object',
      properties: { sku: { type: 'string', minLength: 1 }, lines: { type: 'array' } },
      required: ['sku', 'lines'],
    });
    expect(handler('output')?.output_json_schema).toMatchObject({ properties: { id: { type: 'number' } } });
    expect(handler('valibot')).toMatchObject({
      input_json_schema: { properties: { to: { type: 'string', minLength: 2 } }, required: ['to', 'items'] },
      output_json_schema: { properties: { items: { type: 'array' } } },
    });
    const dto = {
      type: 'object',
      properties: { sku: { type: 'string' }, lines: { type: 'array', items: { $ref: '#/$defs/LineDto' } } },
      required: ['sku', 'lines'],
      $defs: { LineDto: { properties: { quantity: { type: 'integer', minimum: 1 } }, required: ['quantity'] } },
    };
    expect(handler('dto')?.input_json_schema).toMatchObject(dto);
    expect(handler('dtoOutput')?.output_json_schema).toMatchObject(dto);
    expect(handler('handmade')?.input_json_schema ?? {}).not.toHaveProperty('properties');
    expect(handler('bytes')?.input_description).toContain('application/octet-stream');
  });
});
