/** What computes answers whose bits depend on it: a library on a device, in place of the kernel. */
export interface FastLane {
  /** SHA-256 of the library's name and version: what stands in receipts where the kernel's hash does. */
  readonly hash: string;
  readonly backend: string;
  /** What the backend computes on, in words. */
  readonly device: string;
}
