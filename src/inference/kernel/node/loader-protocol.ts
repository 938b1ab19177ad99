import type { MessagePort } from 'node:worker_threads';
import type { WeightBlock } from '../block-source.js';

/** States of a load, one word of shared memory each. */
export const LOAD = { free: 0, queued: 1, running: 2, done: 3, failed: 4, withdrawn: 5 } as const;

/** Loads that may wait or run at the same time. */
export const MOST_LOADS = 32;

/** What the loader and whoever asks it share: the states, and a message per load. */
export interface LoaderLink {
  /** Int32 × `MOST_LOADS`. */
  readonly states: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What the loader's thread is started with. */
export interface LoaderData {
  readonly memory: WebAssembly.Memory;
  readonly link: LoaderLink;
}

/** A load: where its state is, what to read, and where to. */
export interface LoadCall {
  readonly place: number;
  readonly block: WeightBlock;
  readonly address: number;
}
