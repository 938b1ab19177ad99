import type { GenerateEvent } from '../requests.js';
import type { FromLeader } from './protocol.js';

/** Events are sent together, at most this often: a message costs both threads about 10 microseconds. */
const INTERVAL_MS = 4;

/** Collects events for the main thread. */
export class Outbox {
  private events: [id: number, event: GenerateEvent][] = [];
  private lastSent = 0;

  constructor(private readonly post: (message: FromLeader) => void) {}

  /** Queues an event. */
  add(id: number, event: GenerateEvent): void {
    this.events.push([id, event]);
  }

  /** Sends what has waited long enough. */
  flushIfDue(now: number): void {
    if (now - this.lastSent >= INTERVAL_MS) this.flush(now);
  }

  /** Sends all events, in the order they came. */
  flush(now: number): void {
    if (this.events.length === 0) return;
    this.post({ type: 'events', events: this.events });
    this.events = [];
    this.lastSent = now;
  }
}
