import { Injectable } from '@nestjs/common';

/** Who sheds: the server by itself, which an emergency stop ends, or a guardian who ordered it, which it does not. */
export type ShedBy = 'server' | 'guardian';

/**
 * Whether new work is refused for a while so that a machine in trouble can recover. What runs goes on. It ends by itself:
 * whoever sheds says for how long.
 */
@Injectable()
export class LoadShedding {
  private readonly shed = new Map<ShedBy, { readonly until: number; readonly why: string }>();

  /** Refuses new answers for so many ms from now. */
  begin(milliseconds: number, why: string, by: ShedBy): void {
    this.shed.set(by, { until: performance.now() + milliseconds, why });
  }

  /** Lets new answers in again, unless somebody else sheds, too. @returns whether they were refused because of `by` */
  end(by: ShedBy): boolean {
    const lasted = (this.shed.get(by)?.until ?? -Infinity) > performance.now();
    this.shed.delete(by);
    return lasted;
  }

  /** Why new work is refused, and for how many ms more; null while it is not. */
  current(): { readonly why: string; readonly forMs: number } | null {
    const last = [...this.shed.values()].sort((a, b) => b.until - a.until).at(0);
    const forMs = (last?.until ?? -Infinity) - performance.now();
    return last !== undefined && forMs > 0 ? { why: last.why, forMs } : null;
  }
}
