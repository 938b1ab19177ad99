/** Something that is not as it should be. */
export interface Finding {
  /** `error`: something is damaged or missing. `warning`: nothing is lost, but somebody may want to know. */
  readonly severity: 'error' | 'warning';
  /** Stable, UPPER_SNAKE_CASE. */
  readonly code: string;
  /** What it is about: a block hash, a tile path, a table. */
  readonly subject: string;
  readonly detail: string;
}

/** Findings kept word for word; the rest is only counted. */
const KEPT = 1000;

/** Collects what checks find. */
export class Findings {
  private readonly kept: Finding[] = [];
  private readonly counts = { error: 0, warning: 0 };
  private readonly done: string[] = [];

  /** Something is damaged or missing. */
  error(code: string, subject: string, detail: string): void {
    this.add({ severity: 'error', code, subject, detail });
  }

  /** Something is odd, but nothing is lost. */
  warning(code: string, subject: string, detail: string): void {
    this.add({ severity: 'warning', code, subject, detail });
  }

  /** Something was put right. */
  repaired(what: string): void {
    if (this.done.length < KEPT) this.done.push(what);
  }

  /** What was found, errors first. */
  get list(): readonly Finding[] {
    return [...this.kept].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  }

  /** How many errors. */
  get errors(): number {
    return this.counts.error;
  }

  /** How many warnings. */
  get warnings(): number {
    return this.counts.warning;
  }

  /** What was put right. */
  get repairs(): readonly string[] {
    return this.done;
  }

  /** Whether an error of this code was found. */
  has(code: string): boolean {
    return this.kept.some((finding) => finding.code === code);
  }

  private add(finding: Finding): void {
    this.counts[finding.severity]++;
    if (this.kept.length < KEPT) this.kept.push(finding);
  }
}
