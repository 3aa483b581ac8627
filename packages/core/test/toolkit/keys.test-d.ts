import { compositeKey, idempotencyKey, type ObjectClient } from '@rea/core';

declare const id: string | undefined;
declare const maybe: string | null;
declare const carts: ObjectClient<unknown>;

idempotencyKey('pay', 'o-17', 1, 1n, true);
// @ts-expect-error a part may be missing
idempotencyKey('pay', id);
// @ts-expect-error a part may be null
idempotencyKey('pay', maybe);
// @ts-expect-error a date is no part
idempotencyKey('pay', new Date());
// @ts-expect-error an object is no part
idempotencyKey('pay', { id: 1 });
// @ts-expect-error a function is no part
idempotencyKey('pay', () => 'o-17');
// @ts-expect-error a key has at least one part
idempotencyKey();
// @ts-expect-error the parts of a composite key are text
compositeKey('tenant', 5);
// @ts-expect-error a part may be missing
compositeKey('tenant', id);
// @ts-expect-error an object's key is text
carts.of(5);
// @ts-expect-error a key may be missing
carts.of(id);
