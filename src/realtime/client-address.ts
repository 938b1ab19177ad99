import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

/** Groups of 16 bits of an IPv6 address that one household or server has for itself: /64. */
const OWN_GROUPS = 4;

/**
 * What clients of one origin have in common: the IPv4 address, or the first 64 bits of an IPv6 address, of which anybody has
 * as many as they like. Behind a trusted proxy it is what the proxy says, as for HTTP.
 */
export function clientAddress(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustProxy: boolean,
): string {
  const own = request.socket.remoteAddress ?? '';
  const told = trustProxy ? forwardedFor(request.headers['x-forwarded-for']) : null;
  return ownPart(told ?? own);
}

function forwardedFor(header: string | readonly string[] | undefined): string | null {
  const first = String(header ?? '')
    .split(',', 1)[0]
    .trim();
  return isIP(first) === 0 ? null : first;
}

function ownPart(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head, tail] = address.toLowerCase().split('%', 1)[0].split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return `${groups
    .slice(0, OWN_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
