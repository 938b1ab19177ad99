import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commonFingerprint, Instance, instanceOf } from './instance.js';

describe('the instance of a data folder', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'stemma-instance-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const folder = (name: string) => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const idOf = (dataDir: string) => new Instance({ dataDir, nodeName: 'stemma' }).id;

  it('is the same for as long as the folder lives, and another one in every folder', () => {
    const [one, two] = [folder('one'), folder('two')];
    const id = idOf(one);
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(idOf(one)).toBe(id);
    expect(idOf(two)).not.toBe(id);
  });

  it('is not that of the folder it was copied from, however it was copied', () => {
    const one = folder('one');
    const id = idOf(one);
    cpSync(one, folder('copied'), { recursive: true });
    linkSync(join(one, 'instance.json'), join(folder('linked'), 'instance.json'));
    const others = [idOf(join(root, 'copied')), idOf(join(root, 'linked'))];
    expect(new Set([id, ...others]).size).toBe(3);
    expect([idOf(join(root, 'copied')), idOf(join(root, 'linked')), idOf(one)]).toEqual([...others, id]);
  });

  it('is not that of a file which comes from another machine', () => {
    const one = folder('one');
    const id = idOf(one);
    const file = join(one, 'instance.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...stored, machine: 'another' }));
    expect(idOf(one)).not.toBe(id);
  });

  it.each(['', 'null', '{"version":1}', '{broken'])('is drawn anew where its file says %j', (text) => {
    const one = folder('one');
    writeFileSync(join(one, 'instance.json'), text);
    const id = idOf(one);
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(idOf(one)).toBe(id);
  });

  it('is left alone, and holds for the process, where its file cannot be read', () => {
    const one = folder('one');
    const file = join(one, 'instance.json');
    symlinkSync(file, file);
    const sut = new Instance({ dataDir: one, nodeName: 'stemma' });
    expect(sut.id).toMatch(/^[0-9a-f]{12}$/);
    expect(sut.id).toBe(sut.id);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
  });

  it('holds for the process where the folder is not there', () => {
    const sut = new Instance({ dataDir: join(root, 'nowhere'), nodeName: 'stemma' });
    expect(sut.id).toMatch(/^[0-9a-f]{12}$/);
    expect(sut.id).toBe(sut.id);
  });

  it('marks the fingerprints that are its own', () => {
    const sut = new Instance({ dataDir: folder('one'), nodeName: 'stemma' });
    expect(sut.own('health.disk')).toBe(`health.disk@${sut.id}`);
    expect(instanceOf(sut.own('health.disk'))).toBe(sut.id);
    expect(commonFingerprint(sut.own('health.disk'))).toBe('health.disk');
    expect([instanceOf('health.log_lag'), commonFingerprint('a@b')]).toEqual([null, 'a@b']);
  });
});
