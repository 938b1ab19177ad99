import { canonicalJson, utf8ToBytes, type Json } from '../common/index.js';

/** A fact to be put into the log. Whatever is private appears as a hash. */
export interface LogEntryInput {
  /** What happened, in dotted lower case: `block`, `receipt`, `release.promoted`, … */
  readonly kind: string;
  /** What it happened to: a block hash, a receipt id, a model name, … */
  readonly subject: string;
  /** Who did it: a public key or an account. */
  readonly actor: string;
  /** The hash that stands for the thing itself, 64 hex digits. */
  readonly hash: string;
  readonly data: Readonly<Record<string, Json>>;
}

/** A leaf of the log as others read it. */
export interface LogLeaf extends LogEntryInput {
  /** When it was appended, ms since the epoch. */
  readonly time: number;
}

/** Bytes one leaf may have: the entry bundles of tlog-tiles carry 16-bit lengths. */
export const MAX_LEAF_BYTES = 65_535;

/** The leaf's text: canonical JSON `{actor, data, hash, kind, subject, time}`. Throws when it exceeds `MAX_LEAF_BYTES`. */
export function encodeLeaf(entry: LogEntryInput, time: number): string {
  const { kind, subject, actor, hash, data } = entry;
  const text = canonicalJson({ kind, time, subject, actor, hash, data });
  const size = utf8ToBytes(text).length;
  if (size > MAX_LEAF_BYTES) throw new RangeError(`a log entry of ${size} bytes exceeds ${MAX_LEAF_BYTES}`);
  return text;
}
