import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUNNING, stopStateOf } from './autonomy-state.js';
import { removeStopFile, STOP_FILE, StopFile, writeStopFile } from './stop-file.js';

describe('the stored state', () => {
  it('is running where nobody stopped, and stopped where nobody can tell', () => {
    expect(stopStateOf(undefined)).toEqual(RUNNING);
    const resumed = { stopped: false, inference: false, by: 'ada', reason: 'over', at: 5 };
    expect(stopStateOf(resumed)).toEqual(resumed);
    expect(stopStateOf({})).toMatchObject({ stopped: true, inference: false });
    expect(stopStateOf(null)).toMatchObject({ stopped: true });
    expect(stopStateOf({ ...resumed, stopped: 'no' })).toMatchObject({ stopped: true, by: 'ada' });
  });
});

describe('the signal file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-stop-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('stops with its text as the reason for as long as it is there', async () => {
    const told: (string | null)[] = [];
    const sut = new StopFile(folder, (reason) => told.push(reason));
    await sut.look();
    expect([sut.reason, told]).toEqual([null, []]);
    await writeStopFile(folder, 'fire');
    await sut.look();
    await sut.look();
    expect([sut.reason, told]).toEqual(['fire', ['fire']]);
    await removeStopFile(folder);
    await sut.look();
    expect(told).toEqual(['fire', null]);
  });

  it('counts as there when it is empty or cannot be read', async () => {
    const sut = new StopFile(folder, () => undefined);
    writeFileSync(join(folder, STOP_FILE), '');
    await sut.look();
    expect(sut.reason).toContain('no reason');
    await sut.remove();
    expect(sut.reason).toBeNull();
    mkdirSync(join(folder, STOP_FILE));
    await sut.look();
    expect(sut.reason).toContain('cannot be read');
  });
});
