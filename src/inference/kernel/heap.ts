import { CodedError, err, ok, type Result } from '../../common/index.js';

const PAGE = 65536;
const LARGEST_PAGES = 65536;
/** All the memory that the kernel can have. */
export const KERNEL_MEMORY_BYTES = LARGEST_PAGES * PAGE;
/** The memory grows by at least this much, so that growing stays rare. */
const GROWTH = 4 << 20;
/** Everything starts on a cache line. */
const ALIGNMENT = 64;

interface Range {
  start: number;
  size: number;
}

/**
 * Hands out pieces of the kernel's linear memory: first fit over the free ranges, neighbours joined when freed, grown on
 * demand up to 4 GiB. Made for few large pieces (blocks, KV pages), not for many small ones. Nothing is zeroed.
 */
export class KernelHeap {
  private readonly free: Range[] = [];
  private readonly sizes = new Map<number, number>();
  private end: number;
  private used = 0;
  /** Called when nothing fits any more: frees something and returns true, or false when there is nothing to free. */
  reclaim: () => boolean = () => false;

  /** @param memory shared memory that nobody else allocates from  @param start first byte that may be handed out */
  constructor(
    readonly memory: WebAssembly.Memory,
    start = 4096,
  ) {
    this.end = start;
  }

  /** Bytes handed out now. */
  get usedBytes(): number {
    return this.used;
  }

  /** The address of `size` bytes; refuses with `KERNEL_MEMORY` when 4 GiB are not enough. */
  allocate(size: number): Result<number> {
    const bytes = Math.max(ALIGNMENT, Math.ceil(size / ALIGNMENT) * ALIGNMENT);
    let place = this.takeFree(bytes) ?? this.takeEnd(bytes);
    while (place === undefined && this.reclaim()) place = this.takeFree(bytes) ?? this.takeEnd(bytes);
    if (place === undefined) {
      const facts = { requested: bytes, used: this.used };
      return err(new CodedError('KERNEL_MEMORY', 'the kernel memory of 4 GiB is full', facts, 503));
    }
    this.sizes.set(place, bytes);
    this.used += bytes;
    return ok(place);
  }

  /** Gives a piece back. */
  release(address: number): void {
    const size = this.sizes.get(address);
    if (size === undefined) throw new Error(`nothing is allocated at ${address}`);
    this.sizes.delete(address);
    this.used -= size;
    let i = this.free.findIndex((range) => range.start > address);
    if (i < 0) i = this.free.length;
    this.free.splice(i, 0, { start: address, size });
    this.join(i);
    if (i > 0) this.join(i - 1);
  }

  /** A view of the bytes from `address`. Valid for good: shared memory never moves. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  /** A view of float32 values. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** A view of 32-bit words. */
  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  private takeFree(bytes: number): number | undefined {
    const i = this.free.findIndex((range) => range.size >= bytes);
    if (i < 0) return undefined;
    const range = this.free[i];
    const place = range.start;
    range.start += bytes;
    range.size -= bytes;
    if (range.size === 0) this.free.splice(i, 1);
    return place;
  }

  private takeEnd(bytes: number): number | undefined {
    const place = this.end;
    const missing = place + bytes - this.memory.buffer.byteLength;
    if (missing > 0 && !this.grow(missing)) return undefined;
    this.end += bytes;
    return place;
  }

  private grow(missing: number): boolean {
    const pages = this.memory.buffer.byteLength / PAGE;
    const wanted = Math.max(Math.ceil(missing / PAGE), Math.min(GROWTH / PAGE, LARGEST_PAGES - pages));
    if (pages + wanted > LARGEST_PAGES) return false;
    try {
      this.memory.grow(wanted);
      return true;
    } catch (thrown) {
      if (thrown instanceof RangeError) return false;
      throw thrown;
    }
  }

  private join(i: number): void {
    const [range, next] = [this.free[i], this.free[i + 1]];
    if (next && range.start + range.size === next.start) {
      range.size += next.size;
      this.free.splice(i + 1, 1);
    }
  }
}
