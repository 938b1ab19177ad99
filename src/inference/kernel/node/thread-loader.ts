import type { BackgroundLoader, LoadTicket } from '../background-loader.js';
import type { WeightBlock } from '../block-source.js';
import { LOAD, type LoadCall, type LoaderLink } from './loader-protocol.js';

/** A thread that needs longer for one expert is as good as dead: the engine then starts all threads anew. */
const DEADLINE_MS = 60_000;

/** Loads by the loader's thread. The thread that asks never reads or hashes itself, and waits without using the core. */
export class ThreadLoader implements BackgroundLoader {
  private readonly states: Int32Array;

  constructor(private readonly link: LoaderLink) {
    this.states = new Int32Array(link.states);
  }

  begin(block: WeightBlock, address: number): LoadTicket | undefined {
    const place = this.states.findIndex((_, i) => Atomics.load(this.states, i) === LOAD.free);
    if (place < 0) return undefined;
    Atomics.store(this.states, place, LOAD.queued);
    this.link.port.postMessage({ place, block, address } satisfies LoadCall);
    return new ThreadTicket(this.states, place);
  }
}

class ThreadTicket implements LoadTicket {
  private finished = false;

  constructor(
    private readonly states: Int32Array,
    private readonly place: number,
  ) {}

  get over(): boolean {
    const state = Atomics.load(this.states, this.place);
    return this.finished || state === LOAD.done || state === LOAD.failed;
  }

  finish(): boolean {
    const { states, place } = this;
    this.finished = true;
    // the loader frees the place when it comes to the message
    if (Atomics.compareExchange(states, place, LOAD.queued, LOAD.withdrawn) === LOAD.queued) return false;
    if (Atomics.wait(states, place, LOAD.running, DEADLINE_MS) === 'timed-out') {
      throw new Error('the loader has not finished in time');
    }
    return Atomics.exchange(states, place, LOAD.free) === LOAD.done;
  }
}
