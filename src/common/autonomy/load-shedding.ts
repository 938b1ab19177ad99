import { Injectable } from '@nestjs/common';

/**
 * Whether new work is refused for a while so that a machine in trouble can recover. What runs goes on. It ends by itself:
 * whoever sheds says for how long.
 */
@Injectable()
export class LoadShedding {
  private until = -Infinity;
  private why = '';

  /** Refuses new answers for so many ms from now. */
  begin(milliseconds: number, why: string): void {
    this.until = performance.now() + milliseconds;
    this.why = why;
  }

  /** Lets new answers in again. */
  end(): void {
    this.until = -Infinity;
  }

  /** Why new work is refused, and for how many ms more; null while it is not. */
  current(): { readonly why: string; readonly forMs: number } | null {
    const forMs = this.until - performance.now();
    return forMs > 0 ? { why: this.why, forMs } : null;
  }
}
