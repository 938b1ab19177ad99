/** Standard base64 with padding (RFC 4648 §4), in Node and in browsers. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Reads standard base64; null for anything that `bytesToBase64` would not have written. */
export function base64ToBytes(text: string): Uint8Array | null {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return bytesToBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
