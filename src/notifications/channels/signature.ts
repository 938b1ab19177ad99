import { createHmac, timingSafeEqual } from 'node:crypto';

/** The signature of a webhook body (docs/formats/notification.md): HMAC-SHA256 over `timestamp.body`, 64 hex digits. */
export function signBody(secret: string, timestamp: number, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

/** Whether a signature is right and its time, seconds since the epoch, at most `toleranceS` away from now. */
export function isSigned(
  secret: string,
  signed: { readonly timestamp: number; readonly signature: string; readonly body: string },
  nowS: number,
  toleranceS = 300,
): boolean {
  if (!(Math.abs(nowS - signed.timestamp) <= toleranceS) || !/^[0-9a-f]{64}$/.test(signed.signature))
    return false;
  const right = signBody(secret, signed.timestamp, signed.body);
  return timingSafeEqual(Buffer.from(right, 'hex'), Buffer.from(signed.signature, 'hex'));
}
