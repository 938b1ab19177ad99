import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
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

  it('is gone after it was taken away, also where somebody was reading it then', async () => {
    const path = join(folder, STOP_FILE);
    rmSync(path, { recursive: true, force: true });
    execFileSync('mkfifo', [path]);
    const text = openSync(path, 'r+');
    const told: (string | null)[] = [];
    const sut = new StopFile(folder, (reason) => told.push(reason));
    void sut.look();
    const removal = sut.remove();
    while (existsSync(path)) await setImmediate();
    writeSync(text, 'too late');
    closeSync(text);
    await removal;
    expect(told).toEqual(['too late', null]);
  });
});
