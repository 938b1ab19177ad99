/** What a piece of text did to the search: what may be given out, and whether a stop string was met. */
export interface StopSearch {
  readonly text: string;
  readonly stopped: boolean;
}

/**
 * Finds stop strings in a stream of text. Text that may be the beginning of a stop string is held back. The match that
 * ends first wins, and of those the longest; so the outcome does not depend on how the text was cut into pieces.
 */
export class StopStrings {
  private held = '';

  /** @param stops non-empty, well-formed strings */
  constructor(private readonly stops: readonly string[]) {}

  /** Takes the next piece; after `stopped` nothing more may be pushed. */
  push(piece: string): StopSearch {
    if (this.stops.length === 0) return { text: piece, stopped: false };
    const text = this.held + piece;
    const start = this.firstMatch(text);
    if (start !== null) {
      this.held = '';
      return { text: text.slice(0, start), stopped: true };
    }
    const keep = this.heldLength(text);
    this.held = text.slice(text.length - keep);
    return { text: text.slice(0, text.length - keep), stopped: false };
  }

  /** The text still held back when the stream ends without a match. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  private firstMatch(text: string): number | null {
    let best: { start: number; end: number } | null = null;
    for (const stop of this.stops) {
      const start = text.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      if (best === null || end < best.end || (end === best.end && start < best.start)) best = { start, end };
    }
    return best?.start ?? null;
  }

  /** Length of the longest end of the text that begins a stop string. */
  private heldLength(text: string): number {
    let longest = 0;
    for (const stop of this.stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
