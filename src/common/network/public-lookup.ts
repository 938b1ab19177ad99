import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './address-rules.js';

/**
 * Resolves a name and refuses it when any of its addresses is not public; the connection uses exactly what this returns, so
 * that a name cannot lead somewhere else between the check and the connection. @param refuse makes the refusal
 */
export function publicLookup(refuse: (address: string) => Error): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = (found ?? []) as unknown as LookupAddress[];
      const wrong = addresses.find(({ address }) => !isPublicAddress(address));
      if (error !== null) callback(error, '', 4);
      else if (wrong !== undefined) callback(refuse(wrong.address), '', 4);
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}
