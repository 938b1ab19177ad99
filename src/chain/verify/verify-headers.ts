import { nativeSha256Hex } from '../../common/native-hash.js';
import { decodeHeader, wrongHash, wrongSignature } from '../block/index.js';
import type { SignedMessage } from './bulk-verifier.js';
import { checkSignatureNative } from './native-signature.js';

/** A header as it is stored: its name and its bytes. */
export interface StoredHeader {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** What is wrong with a header; null when it is what its name and signature say. */
export type HeaderVerdict = string | null;

/** Checks many signatures at once. */
export type BulkSignatureCheck = (items: readonly SignedMessage[]) => readonly boolean[];

/** Every signature by OpenSSL, one after another. */
export const checkOneByOne: BulkSignatureCheck = (items) =>
  items.map(({ publicKey, message, signature }) => checkSignatureNative(publicKey, message, signature));

/** Shape, canonical form, hash and signature of many stored headers. */
export function verifyHeaders(
  items: readonly StoredHeader[],
  checkSignatures: BulkSignatureCheck,
): HeaderVerdict[] {
  const verdicts: HeaderVerdict[] = [];
  const signed: (SignedMessage & { readonly place: number })[] = [];
  items.forEach(({ hash, bytes }, place) => {
    const decoded = decodeHeader(bytes);
    if (!decoded.ok) return void verdicts.push(decoded.error.message);
    const header = decoded.value;
    const message = withoutSignature(bytes, header.signature);
    const actual = nativeSha256Hex(message);
    verdicts.push(actual === hash ? null : wrongHash(hash, actual).message);
    if (actual === hash)
      signed.push({ place, publicKey: header.miner_pub, message, signature: header.signature });
  });
  checkSignatures(signed).forEach((valid, i) => {
    const { place } = signed[i];
    if (!valid) verdicts[place] = wrongSignature(items[place].hash).message;
  });
  return verdicts;
}

/**
 * The bytes that were signed, cut out of the canonical signed header: the last `"signature":…` is the header's own, as
 * only `timestamp` and `version` come behind it.
 */
function withoutSignature(bytes: Uint8Array, signature: string): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const member = `"signature":"${signature}",`;
  const start = text.lastIndexOf(member, undefined, 'latin1');
  return Buffer.concat([text.subarray(0, start), text.subarray(start + member.length)]);
}
