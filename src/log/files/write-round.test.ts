import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RoundWriter, type Round } from './write-round.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'stemma-round-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...path: string[]) => join(folder, ...path);
const text = (...path: string[]) => readFileSync(at(...path), 'utf8');
const file = (path: string, content: string) => ({ target: at(path), bytes: Buffer.from(content) });
const round = (files: readonly [string, string][], seal: string | null, removed: string[] = []): Round => ({
  files: files.map(([path, content]) => file(path, content)),
  seal: seal === null ? null : file('seal', seal),
  removed: removed.map((path) => at(path)),
});
const setUp = () => new RoundWriter(at('incoming'));

describe('a round of files', () => {
  it('appears whole in folders that were not there, in place of what was, and leaves nothing waiting', () => {
    const sut = setUp();
    sut.write(round([['a/b/one', '1']], 'first'));
    sut.write(
      round(
        [
          ['a/b/one', '2'],
          ['c/two', ''],
        ],
        'second',
      ),
    );
    expect([text('a/b/one'), text('c/two'), text('seal')]).toEqual(['2', '', 'second']);
    expect(readdirSync(at('incoming'))).toEqual([]);
  });

  it('without a seal leaves the seal as it is', () => {
    const sut = setUp();
    sut.write(round([], 'first'));
    sut.write(round([['one', '1']], null));
    expect([text('one'), text('seal')]).toEqual(['1', 'first']);
  });

  it('removes files and folders once the seal is there, and passes over what is gone already', () => {
    const sut = setUp();
    sut.write(round([['old/one', '1']], 'first'));
    sut.write(round([['two', '2']], 'second', ['old', 'never/there']));
    expect(readdirSync(folder).sort()).toEqual(['incoming', 'seal', 'two']);
  });

  it('that fails keeps the old seal and what was to be removed, and cleans up after itself', () => {
    const sut = setUp();
    sut.write(round([['old', '1']], 'first'));
    mkdirSync(at('taken/inside'), { recursive: true });
    expect(() =>
      sut.write(
        round(
          [
            ['new', '1'],
            ['taken', '2'],
          ],
          'second',
          ['old'],
        ),
      ),
    ).toThrow(expect.objectContaining({ code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/) }));
    expect([text('seal'), text('old')]).toEqual(['first', '1']);
    expect(readdirSync(at('incoming'))).toEqual([]);
  });

  it('is tried once more when somebody removed a folder it knew', () => {
    const sut = setUp();
    sut.write(round([['a/one', '1']], 'first'));
    rmSync(at('a'), { recursive: true });
    rmSync(at('incoming'), { recursive: true });
    sut.write(round([['a/two', '2']], 'second'));
    expect([text('a/two'), text('seal')]).toEqual(['2', 'second']);
  });

  it('says what the file system says where trying again does not help', () => {
    writeFileSync(at('plain'), '');
    expect(() => setUp().write(round([['plain/one', '1']], 'first'))).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(readdirSync(folder).sort()).toEqual(['incoming', 'plain']);
  });
});
