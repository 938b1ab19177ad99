import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../common/index.js';
import { lockHolder, ProcessLock } from './process-lock.js';

describe('lock on a data folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'stemma-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (holder: object) => writeFileSync(join(folder, 'stemma.lock'), JSON.stringify(holder));
  const startOf = (pid: number) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  };
  const somebodyElse = async (): Promise<ChildProcess & { pid: number }> => {
    const child = spawn('/bin/cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    return child as ChildProcess & { pid: number };
  };

  it('is held by one, tells its URL, and can be taken again after release', () => {
    const lock = unwrap(ProcessLock.acquire(folder, 'server'));
    const second = ProcessLock.acquire(folder, 'server');
    expect(second.ok ? null : second.error.code).toBe('DATA_DIR_LOCKED');
    lock.announce('http://127.0.0.1:1');
    expect(lockHolder(folder)).toMatchObject({
      pid: process.pid,
      url: 'http://127.0.0.1:1',
      purpose: 'server',
    });
    lock.release();
    expect(lockHolder(folder)).toBeNull();
    unwrap(ProcessLock.acquire(folder, 'command')).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the living process that holds it', async () => {
    const other = await somebodyElse();
    write({ pid: other.pid, started: startOf(other.pid), purpose: 'server', url: 'http://127.0.0.1:9' });
    const result = ProcessLock.acquire(folder, 'server');
    expect(result.ok ? '' : result.error.message).toContain(`process id ${other.pid} at http://127.0.0.1:9`);
    other.kill('SIGKILL');
    await once(other, 'exit');
    unwrap(ProcessLock.acquire(folder, 'server'));
  });

  it('is taken over from a process whose id now belongs to another', async () => {
    const other = await somebodyElse();
    write({ pid: other.pid, started: '1', purpose: 'server', url: null });
    unwrap(ProcessLock.acquire(folder, 'server'));
    other.kill('SIGKILL');
  });

  it.each(['', '{', '{"pid":"x"}', '{"pid":-1}', 'null'])(
    'is taken over from a file that says %p',
    (content) => {
      writeFileSync(join(folder, 'stemma.lock'), content);
      unwrap(ProcessLock.acquire(folder, 'server'));
    },
  );

  it('does not remove what somebody else took meanwhile', async () => {
    const lock = unwrap(ProcessLock.acquire(folder, 'server'));
    const other = await somebodyElse();
    write({ pid: other.pid, started: startOf(other.pid), purpose: 'server', url: null });
    lock.release();
    expect(lockHolder(folder)?.pid).toBe(other.pid);
    other.kill('SIGKILL');
  });
});
