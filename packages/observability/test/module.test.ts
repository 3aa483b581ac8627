import { Test } from '@nestjs/testing';
import { expect, test } from 'vitest';
import { ObservabilityModule } from '@rea/observability';

test('the module stands alone, with options given at once and later', async () => {
  for (const module of [ObservabilityModule.forRoot(), ObservabilityModule.forRootAsync({ useFactory: () => ({}) })]) {
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    await expect(app.init()).resolves.toBe(app);
    await app.close();
  }
});
