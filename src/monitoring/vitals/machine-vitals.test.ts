import { getHeapStatistics } from 'node:v8';
import type { DataSource } from 'typeorm';
import { testConfig } from '../../../test/support/test-config.js';
import { MachineVitals } from './machine-vitals.js';

it('the heap is what the server’s own JavaScript holds, against the limit that V8 has', () => {
  const sut = new MachineVitals(testConfig(), {} as DataSource);
  const { total, used, share } = sut.heap();
  sut.onModuleDestroy();
  expect(total).toBe(getHeapStatistics().heap_size_limit);
  expect(used).toBeGreaterThan(1_000_000);
  expect(used).toBeLessThan(total);
  expect(share).toBe(used / total);
});
