import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, err, ok, utf8ToBytes } from '../common/index.js';
import type { Field } from '../tasks/index.js';

/** The EIP-55 form of an address: capitals are a checksum. @param address 0x and 40 hex digits */
export function checksumAddress(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  const cased = [...digits].map((digit, i) =>
    Number.parseInt(hash[i], 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join('')}`;
}

/** An address of an account; in mixed case its checksum must be right. Read in its EIP-55 form. */
export const addressField: Field<string> = (raw) => {
  const allowed = 'an address: 0x and 40 hex digits, in mixed case with a right checksum (EIP-55)';
  if (typeof raw !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(raw)) return err(allowed);
  const checked = checksumAddress(raw);
  const digits = raw.slice(2);
  const plain = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  return plain || checked === raw ? ok(checked) : err(allowed);
};
