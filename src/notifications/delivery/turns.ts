/** Work that is done one at a time: asked for while it goes on, it is done once more afterwards. */
export class Turns {
  private running: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly complain: (thrown: unknown) => void,
  ) {}

  /** Begins it beside the caller. */
  ask(): void {
    this.again = true;
    this.running ??= this.go();
  }

  /** When nothing goes on any more. */
  async end(): Promise<void> {
    await this.running;
  }

  private async go(): Promise<void> {
    while (this.again) {
      this.again = false;
      await this.work().catch(this.complain);
    }
    this.running = null;
  }
}
