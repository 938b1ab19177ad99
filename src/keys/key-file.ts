import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { CodedError, err, ok, type Result } from '../common/index.js';

/** What a key is used for; also the name of its file. */
export type KeyName = 'log' | 'receipts' | 'blocks' | 'tokens';

/** Kinds of secret a key file can hold; each is 32 bytes. */
export type KeyAlgorithm = 'ed25519' | 'secp256k1' | 'hmac-sha256';

/** Cost of deriving a key from a passphrase: 32 MiB and about 0.1 s (RFC 7914). */
const SCRYPT = { N: 32_768, r: 8, p: 1 } as const;
const KEY_BYTES = 32;

interface PlainFile {
  readonly version: 1;
  readonly algorithm: KeyAlgorithm;
  readonly secret: string;
}

interface SealedFile {
  readonly version: 1;
  readonly algorithm: KeyAlgorithm;
  readonly kdf: { readonly name: 'scrypt'; readonly n: number; readonly r: number; readonly p: number };
  readonly cipher: 'aes-256-gcm';
  readonly salt: string;
  readonly nonce: string;
  readonly sealed: string;
  readonly tag: string;
}

/** A secret read from a file, and whether the file keeps it encrypted. */
export interface OpenedKey {
  readonly secret: Uint8Array;
  readonly encrypted: boolean;
}

/** The text of a key file: the secret itself, or sealed with a key derived from the passphrase. */
export async function encodeKeyFile(
  algorithm: KeyAlgorithm,
  secret: Uint8Array,
  passphrase: string | null,
): Promise<string> {
  if (passphrase === null) {
    const file: PlainFile = { version: 1, algorithm, secret: Buffer.from(secret).toString('hex') };
    return `${JSON.stringify(file, null, 2)}\n`;
  }
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt), nonce).setAAD(
    Buffer.from(algorithm),
  );
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
  const file: SealedFile = {
    version: 1,
    algorithm,
    kdf: { name: 'scrypt', n: SCRYPT.N, r: SCRYPT.r, p: SCRYPT.p },
    cipher: 'aes-256-gcm',
    salt: salt.toString('hex'),
    nonce: nonce.toString('hex'),
    sealed: sealed.toString('hex'),
    tag: cipher.getAuthTag().toString('hex'),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Reads a key file. Refusals: KEY_FILE_INVALID, KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG (also when the file was
 * altered: authenticated encryption cannot tell the two apart).
 */
export async function decodeKeyFile(
  path: string,
  text: string,
  algorithm: KeyAlgorithm,
  passphrase: string | null,
): Promise<Result<OpenedKey>> {
  const file = parseFile(text);
  if (file === null || file.algorithm !== algorithm) {
    return refuse('KEY_FILE_INVALID', `${path} is not a key file for ${algorithm}; restore it from a backup`);
  }
  if ('secret' in file) {
    const secret = Buffer.from(file.secret, 'hex');
    return secret.length === KEY_BYTES
      ? ok({ secret: new Uint8Array(secret), encrypted: false })
      : refuse('KEY_FILE_INVALID', `${path} does not hold a key of ${KEY_BYTES} bytes`);
  }
  if (passphrase === null)
    return refuse('KEY_PASSPHRASE_MISSING', `${path} is encrypted; set KEY_PASSPHRASE`);
  try {
    const key = await derive(passphrase, Buffer.from(file.salt, 'hex'));
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.nonce, 'hex'), {
      authTagLength: 16,
    })
      .setAAD(Buffer.from(algorithm))
      .setAuthTag(Buffer.from(file.tag, 'hex'));
    const secret = Buffer.concat([decipher.update(Buffer.from(file.sealed, 'hex')), decipher.final()]);
    return ok({ secret: new Uint8Array(secret), encrypted: true });
  } catch {
    return refuse('KEY_PASSPHRASE_WRONG', `KEY_PASSPHRASE does not open ${path}, or the file was altered`);
  }
}

function parseFile(text: string): PlainFile | SealedFile | null {
  try {
    const file = JSON.parse(text) as Partial<PlainFile & SealedFile>;
    if (file.version !== 1 || file.algorithm === undefined) return null;
    if (typeof file.secret === 'string') return file as PlainFile;
    const { kdf, salt, nonce, sealed, tag } = file;
    const complete = [salt, nonce, sealed, tag].every((field) => typeof field === 'string');
    return complete && kdf?.n === SCRYPT.N && kdf.r === SCRYPT.r && kdf.p === SCRYPT.p
      ? (file as SealedFile)
      : null;
  } catch {
    return null;
  }
}

function derive(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, KEY_BYTES, { ...SCRYPT, maxmem: 64 * 1024 * 1024 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function refuse(code: string, message: string): Result<never> {
  return err(new CodedError(code, message));
}
