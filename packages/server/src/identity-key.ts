import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { base58 } from './base58.js';
import { IdentityKeyError } from './errors.js';
import { hasCode } from './node-error.js';

/**
 * The key pair of Restate's request identity: the server signs each request to an endpoint with the private key, and the
 * endpoint accepts only requests that the public key verifies.
 */
export interface IdentityKey {
  /** Ed25519 private key, PKCS#8 in PEM form, as the server reads it. */
  readonly privateKeyPem: string;
  /** The file that holds `privateKeyPem`; absent for a key that lives in memory only. */
  readonly privateKeyFile: string | undefined;
  /** `publickeyv1_` and the base58 form of the raw 32 bytes, as the SDK's `identityKeys` takes it. */
  readonly publicKey: string;
}

/**
 * Makes a new identity key.
 *
 * @param file where to keep the private key (mode 0600; folders are made). Without it, the key lives in memory only and a
 *   server that is started with it writes it into its own data directory.
 * @throws {IdentityKeyError} when the file exists: endpoints trust the old key, so it is never overwritten
 */
export async function createIdentityKey(file?: string): Promise<IdentityKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = describe(privateKey, file);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    const partial = `${file}.${randomUUID()}`;
    await writeFile(partial, key.privateKeyPem, { mode: 0o600, flag: 'wx' });
    try {
      await link(partial, file);
    } catch (cause) {
      if (!hasCode(cause, 'EEXIST')) throw cause;
      throw new IdentityKeyError(
        `The identity key ${file} exists already, and endpoints may trust it, so it was not overwritten. ` +
          'Load it with loadIdentityKey(), or delete the file to replace the key.',
        { cause },
      );
    } finally {
      await unlink(partial);
    }
  }
  return key;
}

/**
 * Reads an identity key from a PEM file.
 *
 * @throws {IdentityKeyError} when the file cannot be read or holds no Ed25519 private key
 */
export async function loadIdentityKey(file: string): Promise<IdentityKey> {
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (cause) {
    throw new IdentityKeyError(
      `The identity key ${file} cannot be read. Check the path and its permissions, or make one with createIdentityKey().`,
      { cause },
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new IdentityKeyError(`${file} holds no private key in PEM form. ${howToMakeOne}`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new IdentityKeyError(
      `${file} holds a key of type ${key.asymmetricKeyType}, but Restate signs with Ed25519 only. ${howToMakeOne}`,
    );
  }
  return describe(key, file);
}

/**
 * Reads the identity key in `file`, or makes it there the first time. Of several processes that do this at once, one makes
 * the key and all get the same one.
 *
 * @throws {IdentityKeyError} when the file exists but holds no Ed25519 private key
 */
export async function loadOrCreateIdentityKey(file: string): Promise<IdentityKey> {
  try {
    return await loadIdentityKey(file);
  } catch (error) {
    if (!(error instanceof IdentityKeyError && hasCode(error.cause, 'ENOENT'))) throw error;
  }
  try {
    return await createIdentityKey(file);
  } catch (error) {
    if (!(error instanceof IdentityKeyError)) throw error;
    return loadIdentityKey(file);
  }
}

const howToMakeOne = 'Make one with createIdentityKey(), or with: openssl genpkey -algorithm ed25519';

function describe(privateKey: KeyObject, privateKeyFile: string | undefined): IdentityKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (x === undefined) throw new IdentityKeyError(`The key has no public part. ${howToMakeOne}`);
  return {
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    privateKeyFile,
    publicKey: `publickeyv1_${base58(Buffer.from(x, 'base64url'))}`,
  };
}
