/** What a file of JSON lines may ask of its reader. */
export interface JsonlLimits {
  /** Longest line, bytes. */
  readonly lineBytes: number;
  /** Whole file, bytes. */
  readonly totalBytes: number;
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Documents of a file. */
  readonly documents: number;
}

/** Bounds that hold where nothing else is set; the reader needs memory for about two of the longest lines. */
export const JSONL_LIMITS: JsonlLimits = {
  lineBytes: 1 << 20,
  totalBytes: 2 ** 32,
  depth: 16,
  documents: 50_000_000,
};
