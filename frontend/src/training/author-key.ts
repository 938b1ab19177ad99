import { bytesToHex, hexToBytes } from '../../../src/common/hash.js';
import { isSecretKey, newSecretKey, secp256k1Signer } from '../../../src/keys/secp256k1-signer.js';
import { Problem } from '../api/problem.js';

const DATABASE = 'stemma-author';
const STORE = 'keys';
const NAME = 'author';

/** The secret key that signs what is trained in this browser, 32 bytes; made at its first use. It is kept here, as it is. */
export async function authorKey(): Promise<Uint8Array> {
  let key = newSecretKey();
  // One transaction: of two tabs that ask for the first time, the second gets the key of the first.
  await inStore((store) => {
    const kept = store.get(NAME);
    kept.addEventListener('success', () => {
      if (isKey(kept.result)) key = kept.result;
      else store.put(key, NAME);
    });
  });
  return key;
}

/** The key itself where it is still the one that is kept; throws `KEY_CHANGED` where another tab has taken another one. */
export async function stillAuthorKey(key: Uint8Array): Promise<Uint8Array> {
  if (keyText(await authorKey()) === keyText(key)) return key;
  throw new Problem(0, 'KEY_CHANGED', 'This browser keeps another key now than the one that was shown here.');
}

/** Takes a key that was saved before instead; throws `KEY_INVALID` for anything but 64 hex digits that are one. */
export async function replaceAuthorKey(text: string): Promise<Uint8Array> {
  const hex = text.trim().toLowerCase();
  const key = /^[0-9a-f]{64}$/.test(hex) ? hexToBytes(hex) : null;
  if (key === null || !isSecretKey(key))
    throw new Problem(0, 'KEY_INVALID', 'A key has 64 hexadecimal digits, as the saved file has them.');
  await inStore((store) => void store.put(key, NAME));
  return key;
}

/** The public key of a secret one, compressed, hex: the author of what it signs. */
export function publicKeyText(key: Uint8Array): string {
  return bytesToHex(secp256k1Signer(key).publicKey);
}

/** A key as it is saved. */
export function keyText(key: Uint8Array): string {
  return `${bytesToHex(key)}\n`;
}

function isKey(kept: unknown): kept is Uint8Array {
  return kept instanceof Uint8Array && isSecretKey(kept);
}

/** Resolves when all of the work is kept, not before. */
async function inStore(work: (store: IDBObjectStore) => void): Promise<void> {
  try {
    const database = await opened();
    try {
      const transaction = database.transaction(STORE, 'readwrite');
      work(transaction.objectStore(STORE));
      await completed(transaction);
    } finally {
      database.close();
    }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem(0, 'KEY_STORE', `This browser keeps no key for this page: ${reason}`);
  }
}

function opened(): Promise<IDBDatabase> {
  const request = globalThis.indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return done(request);
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('no reason was given')),
    );
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason was given')));
  });
}
