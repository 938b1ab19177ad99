import { existsSync } from 'node:fs';
import { ProcessorMeter } from './processor-meter.js';

/** A meter over readings of `/proc/stat` (in ticks of 10 ms), own time and clock (ms). */
function createMeter(readings: readonly { stat: string | null; own: number; at: number }[]) {
  let look = -1;
  return new ProcessorMeter({
    stat: () => readings[++look].stat,
    own: () => readings[look].own,
    now: () => readings[look].at,
  });
}

const stat = (user: number, nice: number, system: number, rest = '5000 70 3 2') =>
  `cpu  ${user} ${nice} ${system} ${rest} 90 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 12345\n`;

describe('a meter of the processors', () => {
  it('tells what others used from look to look', () => {
    const sut = createMeter([
      { stat: stat(100, 20, 30), own: 500, at: 1000 },
      // 12 ticks more, 80 ms of them its own, within 100 ms
      { stat: stat(104, 26, 32), own: 580, at: 1100 },
      { stat: stat(104, 46, 32), own: 780, at: 1200 },
    ]);
    expect(sut.look()).toBeNull();
    expect(sut.look()).toEqual({ own: 80, others: 0.4 });
    expect(sut.look()).toEqual({ own: 200, others: 0 });
  });

  it('takes interrupts for use, and neither idling nor waiting for disks', () => {
    const sut = createMeter([
      { stat: stat(0, 0, 0, '10 10 10 10'), own: 0, at: 0 },
      { stat: stat(0, 0, 0, '90 90 13 17'), own: 0, at: 100 },
    ]);
    sut.look();
    expect(sut.look()).toEqual({ own: 0, others: 1 });
  });

  it('never takes less than nothing from clocks that tick apart', () => {
    const sut = createMeter([
      { stat: stat(1, 0, 0), own: 0, at: 0 },
      { stat: stat(5, 0, 0), own: 47, at: 50 },
    ]);
    sut.look();
    expect(sut.look()).toEqual({ own: 47, others: 0 });
  });

  it('knows nothing where the file is not there, says nothing, or is gone for a while', () => {
    const sut = createMeter([
      { stat: null, own: 0, at: 0 },
      { stat: 'Linux', own: 0, at: 50 },
      { stat: stat(0, 0, 0), own: 0, at: 100 },
      { stat: stat(10, 0, 0), own: 0, at: 100 },
      { stat: stat(20, 0, 0), own: 0, at: 200 },
    ]);
    expect([sut.look(), sut.look(), sut.look(), sut.look()]).toEqual([null, null, null, null]);
    expect(sut.look()).toEqual({ own: 0, others: 1 });
  });

  it('reads this machine', () => {
    const sut = new ProcessorMeter();
    sut.look();
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 20_000);
    const use = sut.look();
    if (!existsSync('/proc/stat')) expect(use).toBeNull();
    else expect(use?.own).toBeGreaterThan(10);
  });
});
