// Looked up once: these functions run some hundred million times for a large file.
const { imul } = Math;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The finalizer of MurmurHash3 (A. Appleby, public domain): every bit of the input changes half of the output's. 32 bits. */
export function mix32(value: number): number {
  let x = value;
  x = imul(x ^ (x >>> 16), 0x85ebca6b);
  x = imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A 32-bit hash of a text: FNV-1a over its UTF-16 code units, mixed. Fast and the same everywhere; not for secrets. */
export function hash32(text: string, seed = 0): number {
  let hash = FNV_OFFSET ^ seed;
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return mix32(hash);
}

/** Two hashes joined, 16 hex digits: names a word without writing it. */
export function fingerprint(text: string): string {
  return [hash32(text, 1), hash32(text, 2)].map((hash) => hash.toString(16).padStart(8, '0')).join('');
}
