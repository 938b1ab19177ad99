import type { IncomingMessage } from 'node:http';
import { AddressPlaces } from './address-places.js';
import { clientAddress } from './client-address.js';

const from = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('where a client comes from', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, place) => {
    expect(clientAddress(from(address), false)).toBe(place);
  });

  it('is what a trusted proxy says, and nothing that anybody else says', () => {
    expect(clientAddress(from('127.0.0.1', '198.51.100.2, 10.0.0.1'), true)).toBe('198.51.100.2');
    expect(clientAddress(from('127.0.0.1', '198.51.100.2'), false)).toBe('127.0.0.1');
    expect(clientAddress(from('127.0.0.1', 'nonsense'), true)).toBe('127.0.0.1');
    expect(clientAddress(from('127.0.0.1'), true)).toBe('127.0.0.1');
  });
});

describe('places of an address', () => {
  it('are as many as allowed, come back, and leave nothing behind', () => {
    const sut = new AddressPlaces(2);
    expect([sut.take('a'), sut.take('a'), sut.take('a'), sut.take('b')]).toEqual([true, true, false, true]);
    sut.give('a');
    expect([sut.take('a'), sut.take('a')]).toEqual([true, false]);
    for (const address of ['a', 'a', 'b']) sut.give(address);
    expect(sut.addresses).toBe(0);
    sut.give('never came');
    expect(sut.addresses).toBe(0);
  });
});
