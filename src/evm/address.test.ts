import { addressField, checksumAddress } from './address.js';

/** Examples of EIP-55. */
const EXAMPLES = [
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];

describe('addresses', () => {
  it.each(EXAMPLES)('have the checksum of EIP-55: %s', (address) => {
    expect(checksumAddress(address.toLowerCase())).toBe(address);
    expect(addressField(address)).toEqual({ ok: true, value: address });
    expect(addressField(address.toLowerCase())).toEqual({ ok: true, value: address });
  });

  it('are refused with a wrong checksum or shape', () => {
    expect(addressField('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed').ok).toBe(false);
    expect(addressField('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe').ok).toBe(false);
    expect(addressField(42).ok).toBe(false);
  });
});
