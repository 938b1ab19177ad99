/** How many clients each address has connected; holds no more addresses than there are clients. */
export class AddressPlaces {
  private readonly taken = new Map<string, number>();

  /** @param most clients of one address at the same time */
  constructor(private readonly most: number) {}

  /** Takes a place for a client of an address. @returns whether there was one */
  take(address: string): boolean {
    const before = this.taken.get(address) ?? 0;
    if (before >= this.most) return false;
    this.taken.set(address, before + 1);
    return true;
  }

  /** Gives a place back. */
  give(address: string): void {
    const left = (this.taken.get(address) ?? 0) - 1;
    if (left > 0) this.taken.set(address, left);
    else this.taken.delete(address);
  }

  /** Addresses with clients. */
  get addresses(): number {
    return this.taken.size;
  }
}
