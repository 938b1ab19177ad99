/**
 * A fresh key under which a request may be sent again and is done once. Not `crypto.randomUUID`, which pages that come over plain
 * HTTP do not have.
 */
export function freshRequestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
