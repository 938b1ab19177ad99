import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { KernelHeap } from './heap.js';
import { createKernelMemory } from './kernel.js';

describe('kernel heap', () => {
  it('never hands out a byte twice, and is whole again when all is given back', () => {
    const steps = fc.array(fc.record({ size: fc.integer({ min: 1, max: 5000 }), free: fc.nat() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (plan) => {
        const heap = new KernelHeap(createKernelMemory());
        const held: { start: number; end: number }[] = [];
        for (const { size, free } of plan) {
          const start = unwrap(heap.allocate(size));
          expect(start % 64).toBe(0);
          expect(held.every((other) => start + size <= other.start || start >= other.end)).toBe(true);
          expect(start + size).toBeLessThanOrEqual(heap.memory.buffer.byteLength);
          held.push({ start, end: start + size });
          if (free % 3 === 0) heap.release(held.splice(free % held.length, 1)[0].start);
        }
        for (const { start } of held) heap.release(start);
        expect(heap.usedBytes).toBe(0);
        const size = heap.memory.buffer.byteLength;
        unwrap(heap.allocate(1000));
        expect(heap.memory.buffer.byteLength).toBe(size);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what 4 GiB cannot hold, after asking for room', () => {
    const heap = new KernelHeap(createKernelMemory());
    let asked = 0;
    heap.reclaim = () => asked++ < 2;
    expect(heap.allocate(2 ** 33)).toMatchObject({ error: { code: 'KERNEL_MEMORY' } });
    expect(asked).toBe(3);
  });

  it('throws on what was never handed out', () => {
    expect(() => new KernelHeap(createKernelMemory()).release(64)).toThrow('nothing is allocated');
  });
});
