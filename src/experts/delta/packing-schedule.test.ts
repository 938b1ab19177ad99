import type { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import type { AppConfig } from '../../config/index.js';
import { PackingSchedule } from './packing-schedule.js';
import type { PayloadPacker } from './payload-packer.js';

describe('packing on schedule', () => {
  it('does not begin during an emergency stop, and ends when one begins', async () => {
    let allowed = false;
    const gate = { state: () => ({ allowed }) } as unknown as AutonomyGate;
    const seen: boolean[] = [];
    const packer = {
      run: (isOver: () => boolean) => {
        seen.push(isOver());
        allowed = false;
        seen.push(isOver());
        return Promise.resolve();
      },
    } as unknown as PayloadPacker;
    const sut = new PackingSchedule({} as AppConfig, packer, gate);
    await sut.runIfAllowed();
    expect(seen).toEqual([]);
    allowed = true;
    await sut.runIfAllowed();
    expect(seen).toEqual([false, true]);
  });
});
