/** Bounds of delta blocks; what exceeds them is refused, and stays a whole payload. */
export const DELTA_LIMITS = {
  /** Payloads above this stay whole, so that no step keeps the server from answering for long: 64 MiB. */
  payloadBytes: 2 ** 26,
  /** Bytes of the header. */
  headerBytes: 16_384,
  /** Parts a payload is divided into. */
  sections: 256,
  /** Deltas between a payload and the next whole one below it. */
  chain: 10,
  /** Deltas of a chain that are stored together, and any single one, have at most this share of the whole payload. */
  share: 0.5,
  /** A delta is sent in place of a payload up to this share of it. */
  sentShare: 0.9,
} as const;
