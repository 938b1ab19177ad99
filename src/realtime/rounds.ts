/** Members that take turns: each comes once in so many turns, and about as many come in each, however many there are. */
export class Rounds<T> {
  private readonly turns: readonly Set<T>[];
  private readonly places = new Map<T, Set<T>>();
  private joined = 0;
  private taken = 0;

  /** @param turns turns of a round */
  constructor(turns: number) {
    this.turns = Array.from({ length: turns }, () => new Set<T>());
  }

  /** Adds a member, who first comes within a round. */
  add(member: T): void {
    const turn = this.turns[this.joined++ % this.turns.length];
    turn.add(member);
    this.places.set(member, turn);
  }

  /** Takes a member out; strangers are ignored. */
  delete(member: T): void {
    this.places.get(member)?.delete(member);
    this.places.delete(member);
  }

  /** Whose turn it is. */
  next(): readonly T[] {
    return [...this.turns[this.taken++ % this.turns.length]];
  }
}
