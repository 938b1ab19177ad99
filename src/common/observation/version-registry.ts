import { Injectable } from '@nestjs/common';

/** Facts about what is running (`kernel` → hash, …) that modules add to `GET /version`. */
@Injectable()
export class VersionRegistry {
  private readonly facts = new Map<string, string>();

  /** Sets a fact; a later one replaces it. */
  set(name: string, value: string): void {
    this.facts.set(name, value);
  }

  /** All facts. */
  all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.facts);
  }
}
