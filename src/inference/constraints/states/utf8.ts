/** Between two characters. */
export const BOUNDARY = 0;
const [ONE_MORE, TWO_MORE, THREE_MORE, AFTER_E0, AFTER_ED, AFTER_F0, AFTER_F4] = [1, 2, 3, 4, 5, 6, 7];

/** Bytes to the end of the character, by state. */
export const REST_OF_UTF8: readonly number[] = [0, 1, 2, 3, 2, 2, 3, 3];

/** Where one more byte leads in well-formed UTF-8 (Unicode Standard, table 3-7); -1 = it is not well-formed. */
export function nextUtf8(state: number, byte: number): number {
  if (state === BOUNDARY) return firstByte(byte);
  if (byte < 0x80 || byte > 0xbf) return -1;
  if (state <= THREE_MORE) return state - 1;
  if (state === AFTER_E0) return byte >= 0xa0 ? ONE_MORE : -1;
  if (state === AFTER_ED) return byte <= 0x9f ? ONE_MORE : -1;
  if (state === AFTER_F0) return byte >= 0x90 ? TWO_MORE : -1;
  return byte <= 0x8f ? TWO_MORE : -1;
}

function firstByte(byte: number): number {
  if (byte < 0x80) return BOUNDARY;
  if (byte < 0xc2 || byte > 0xf4) return -1;
  if (byte < 0xe0) return ONE_MORE;
  if (byte === 0xe0) return AFTER_E0;
  if (byte === 0xed) return AFTER_ED;
  if (byte < 0xf0) return TWO_MORE;
  if (byte === 0xf0) return AFTER_F0;
  return byte === 0xf4 ? AFTER_F4 : THREE_MORE;
}
