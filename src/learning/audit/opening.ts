/** A document of an update with its way to the root in the manifest. */
export interface OpenedExample {
  /** Place in the file, from 0. */
  readonly index: number;
  readonly ids: readonly number[];
  readonly firstTarget: number;
  /** Hashes from the leaf upwards, 32 bytes each. */
  readonly path: readonly Uint8Array[];
}

/** All that anybody needs to do one update again. */
export interface UpdateOpening {
  /** From 0. */
  readonly step: number;
  /** Values and both moments of every trained tensor before it, as `TrainerState.values`. */
  readonly state: Float32Array;
  readonly examples: readonly OpenedExample[];
}

/** The values the training ended with, before they were stored in the precision of the release. */
export interface EndOpening {
  /** Of one trained tensor after the other. */
  readonly values: Float32Array;
  /** SHA-256 of the first and the second moment of each of them: enough to check the last link. */
  readonly moments: readonly Uint8Array[];
}

/** What a contributor shows of a training (docs/formats/opening.md). */
export interface Opening {
  readonly updates: readonly UpdateOpening[];
  readonly end: EndOpening;
}
