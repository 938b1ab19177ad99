import type { WeightBlock } from './block-source.js';

/** Fills the kernel's memory while it computes. Browsers have none. */
export interface BackgroundLoader {
  /** Begins to read and verify a payload into the memory at `address`; undefined when too many loads wait already. */
  begin(block: WeightBlock, address: number): LoadTicket | undefined;
}

/** A load that was begun. Its memory must not be given back before it is over. */
export interface LoadTicket {
  /** Whether nothing more will be written. */
  readonly over: boolean;
  /**
   * Waits until the load is over, or takes it back when nobody has begun with it. Says whether the payload is there and verified; if
   * not, whoever needs it reads it again and hears why. Called once.
   */
  finish(): boolean;
}
