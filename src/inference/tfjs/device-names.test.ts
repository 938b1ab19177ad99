import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nvidiaNames } from './device-names.js';

describe('names of GPUs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-gpus-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are those that the driver gives, each once', () => {
    for (const [place, model] of [
      ['0000:01', 'NVIDIA L4'],
      ['0000:02', 'NVIDIA L4'],
      ['0000:03', 'NVIDIA T4'],
    ]) {
      mkdirSync(join(folder, place));
      writeFileSync(join(folder, place, 'information'), `Model: \t\t ${model}\nIRQ:   \t\t 0\n`);
    }
    expect(nvidiaNames(folder)).toBe('NVIDIA L4, NVIDIA T4');
  });

  it('are general where there is no such driver', () => {
    expect(nvidiaNames(join(folder, 'absent'))).toBe('NVIDIA GPU');
  });
});
