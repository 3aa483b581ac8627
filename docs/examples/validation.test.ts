import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hotel, HotelController, Ratings, Reception, type Registration, Stay } from './validation.js';

let app: ReaTestApp;
let url: string;

beforeAll(async () => {
  app = await createTestApp({ providers: [Hotel, Ratings, Reception, Stay], controllers: [HotelController] });
  await app.app.listen(0, '127.0.0.1');
  url = await app.app.getUrl();
});
afterAll(() => app?.close());

const once = { idempotencyKey: false } as const;

async function post(path: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('inputs arrive as the schema makes them', async () => {
  const { ingress } = app;
  expect(await ingress.service(Hotel).call.book({ guest: 'Ada', nights: 2 } as never, once)).toEqual({
    room: 102,
    note: 'none',
  });
  expect(await ingress.service(Ratings).call.rate({ stars: 3 }, once)).toBe('***');
  const registration = { email: 'ada@example.org', children: [{ age: 0 }, { age: 5 }] } as Registration;
  expect(await ingress.service(Reception).call.register(registration, once)).toBe(3);
});

// The answer that the guide shows.
test('what does not fit is a 400 with the fields', async () => {
  const refused = app.ingress.service(Hotel).call.book({ guest: '', nights: 99, note: '' }, once);
  await expect(refused).rejects.toMatchObject({
    response: {
      statusCode: 400,
      code: 'REA2010',
      message: expect.stringContaining('The input of Hotel/book is not valid: guest: '),
      details: [
        { path: 'guest', message: 'Too small: expected string to have >=1 characters' },
        { path: 'nights', message: 'Too big: expected number to be <=30' },
      ],
    },
  });
});

test('signals and promises are checked', async () => {
  const stay = app.ingress.workflow(Stay).of('one');
  await stay.submit();
  await expect(stay.signal.assign({ room: 0 })).rejects.toMatchObject({ status: 400 });
  await stay.signal.assign({ room: 7 });
  expect(await stay.attach()).toBe('room 7');
});

describe('A controller', () => {
  test('checks with the schema of the handler', async () => {
    expect(await post('bookings', { guest: 'Ada', nights: 2 })).toEqual({
      status: 201,
      body: { room: 102, note: 'none' },
    });
    expect(await post('bookings', { nights: 2 })).toMatchObject({
      status: 400,
      body: { details: [{ path: 'guest' }] },
    });
  });

  test('checks with the DTO class of the handler', async () => {
    expect(await post('registrations', { email: 'ada@example.org', children: [{ age: 5 }] })).toEqual({
      status: 201,
      body: 3,
    });
    expect(await post('registrations', { email: 'ada', children: [{ age: -1 }], admin: true })).toMatchObject({
      status: 400,
      body: {
        message: expect.arrayContaining([
          'property admin should not exist',
          'email must be an email',
          'children.0.age must not be less than 0',
        ]),
      },
    });
  });
});

test('the JSON Schemas are in the discovery', async () => {
  const { adminUrl } = await sharedServer();
  for (const [service, property] of [
    ['Hotel', 'nights'],
    ['Reception', 'email'],
  ]) {
    const response = await fetch(`${adminUrl}/services/${app.namespace}.${service}`);
    const { handlers } = (await response.json()) as { handlers: { input_json_schema: { properties: object } }[] };
    expect(handlers[0]?.input_json_schema.properties).toHaveProperty(property!);
    const openApi = await fetch(`${adminUrl}/services/${app.namespace}.${service}/openapi`);
    expect(await openApi.text()).toContain(`"${property}"`);
  }
});
