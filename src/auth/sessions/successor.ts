import { createHmac, hkdfSync } from 'node:crypto';

/**
 * The refresh token that follows another one: HMAC-SHA256 under a key derived (HKDF, RFC 5869) from the server's secret,
 * base64url. So the server can give the same successor to a client that asked twice without keeping any token.
 */
export function successorOf(token: string, serverSecret: Uint8Array): string {
  const key = Buffer.from(hkdfSync('sha256', serverSecret, '', 'stemma refresh token', 32));
  return createHmac('sha256', key).update(token).digest('base64url');
}
