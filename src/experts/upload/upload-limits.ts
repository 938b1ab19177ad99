/** Bounds of uploads; what exceeds them is refused with a code of its own. */
export const UPLOAD_LIMITS = {
  /** Blocks of one upload. */
  blocks: 32,
  /** Bytes of one payload: 1 GiB. */
  payloadBytes: 2 ** 30,
  /** Bytes of one chunk: 16 MiB. */
  chunkBytes: 2 ** 24,
  /** Uploads that may be open at once. */
  sessions: 16,
  /** How long an untouched upload is kept, ms: a day. */
  idleMs: 24 * 60 * 60 * 1000,
} as const;
