import { generateKeyPairSync } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { base58 } from '../src/base58.js';
import { createIdentityKey, loadIdentityKey, loadOrCreateIdentityKey } from '../src/index.js';
import { scratchDirectory } from './support/directory.js';

it('writes the private key for its owner only, and reads it back', async () => {
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'keys', 'identity.pem');
  const key = await createIdentityKey(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(key.privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(key.publicKey).toMatch(/^publickeyv1_[1-9A-HJ-NP-Za-km-z]{43,44}$/);
  expect(await loadIdentityKey(file)).toEqual(key);
});

it('never overwrites a key', async () => {
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'identity.pem');
  const key = await createIdentityKey(file);
  await expect(createIdentityKey(file)).rejects.toMatchObject({ code: 'REA5007' });
  expect(await loadIdentityKey(file)).toEqual(key);
});

it('is made once, however many ask for it', async () => {
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'identity.pem');
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentityKey(file)));
  expect(new Set(keys.map((key) => key.publicKey)).size).toBe(1);
});

it('refuses what is no Ed25519 private key', async () => {
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'identity.pem');
  await expect(loadIdentityKey(file)).rejects.toThrow(/cannot be read/);
  await writeFile(file, 'nonsense');
  await expect(loadOrCreateIdentityKey(file)).rejects.toThrow(/no private key/);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  await expect(loadIdentityKey(file)).rejects.toThrow(/type ec/);
});

it('knows base58', () => {
  expect(base58(Buffer.from('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U');
  expect(base58(Buffer.from('0000287fb4cd', 'hex'))).toBe('11233QC4');
  expect(base58(Buffer.alloc(0))).toBe('');
});
