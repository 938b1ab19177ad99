/** How long after a try an alert that is still open is tried to be ended again, ms. */
const AGAIN_MS = 60_000;

/** Says that trouble is not seen any more. @returns whether no alert of it is open now */
export type ClearAlert = (fingerprint: string) => Promise<boolean>;

/**
 * Alerts whose trouble is over. One that has returned stays open until it was quiet for a while, and the database may be away:
 * its end is therefore asked for until it has come.
 */
export class EndingAlerts {
  /** When each is asked for next, by the time of the looks. */
  private readonly due = new Map<string, number>();

  /** @param complain what is told of a try that failed; another follows */
  constructor(
    private readonly clear: ClearAlert,
    private readonly complain: (thrown: unknown) => void,
  ) {}

  /** Its trouble is over. */
  begin(fingerprint: string): void {
    this.due.set(fingerprint, Number.NEGATIVE_INFINITY);
  }

  /** Asks for every end that is due, but of those whose trouble is `seen` at present. @param at time of the look, ms */
  look(at: number, seen: (fingerprint: string) => boolean): void {
    for (const [fingerprint, due] of this.due)
      // A clock that has gone back must not put the next try off.
      if ((due <= at || due > at + AGAIN_MS) && !seen(fingerprint)) this.ask(fingerprint, at + AGAIN_MS);
  }

  private ask(fingerprint: string, next: number): void {
    this.due.set(fingerprint, next);
    void this.clear(fingerprint).then(
      (over) => {
        if (over && this.due.get(fingerprint) === next) this.due.delete(fingerprint);
      },
      (thrown: unknown) => this.complain(thrown),
    );
  }
}
