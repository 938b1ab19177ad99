import { concatBytes } from './hash.js';

/** All bytes of a body; null, with the rest left unread, where there are more than so many. */
export async function bytesWithin(body: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > most) return null;
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}
