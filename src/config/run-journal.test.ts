import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../common/index.js';
import { ProcessLock } from './process-lock.js';
import { RunJournal } from './run-journal.js';

/** A file with one end of which a member is something else. */
const ends = (change: object) =>
  JSON.stringify({ ends: [{ id: 'a'.repeat(32), at: 1, how: 'SIGKILL', told: false, ...change }] });

describe('the journal of a data folder', () => {
  let folder: string;
  let now: number;
  let sut: RunJournal;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stemma-journal-'));
    now = 1_000;
    sut = new RunJournal(folder, { now: () => now });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const hows = () => sut.ends().map(({ how }) => how);

  it('says nothing of servers that end as they should', () => {
    for (let i = 0; i < 3; i++) {
      sut.begin();
      sut.end();
    }
    expect(sut.ends()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('knows at the next start of one that did not', () => {
    sut.begin();
    now = 2_000;
    sut.begin();
    const how = `process ${process.pid}, which ran since 1970-01-01T00:00:01.000Z, left no mark of an orderly end`;
    const id = expect.stringMatching(/^[0-9a-f]{32}$/) as string;
    expect(sut.ends()).toEqual([{ id, at: 2_000, how, told: false }]);
    sut.end();
    sut.begin();
    expect(sut.ends()).toHaveLength(1);
  });

  it('has each end once when a supervisor saw it, and leaves the mark of another server', () => {
    sut.begin();
    sut.ended(process.pid, 'SIGKILL');
    sut.begin();
    expect(hows()).toEqual(['SIGKILL']);
    sut.ended(process.pid + 1, 'exit code 1, before it answered');
    sut.begin();
    expect(hows()).toEqual([
      'SIGKILL',
      'exit code 1, before it answered',
      expect.stringContaining('left no mark'),
    ]);
  });

  it('remembers of which it has told', () => {
    sut.ended(1, 'SIGKILL');
    sut.ended(1, 'SIGSEGV');
    sut.told(new Set([sut.ends()[0].id]));
    sut.ended(1, 'SIGABRT');
    expect(sut.ends().map(({ how, told }) => [how, told])).toEqual([
      ['SIGKILL', true],
      ['SIGSEGV', false],
      ['SIGABRT', false],
    ]);
  });

  it('keeps the newest fifty, each short', () => {
    for (let i = 0; i < 60; i++) sut.ended(1, `${i} ${'x'.repeat(1_000)}`);
    expect(sut.ends()).toHaveLength(50);
    expect(hows()[0].slice(0, 3)).toBe('10 ');
    expect(Math.max(...hows().map(({ length }) => length))).toBe(200);
  });

  it.each([
    ...['', '{', 'null', '[]', '{"ends":{}}', '{"ends":[{"id":"x"},null]}', '{"pid":1}'],
    ...['{"pid":1,"since":1e300}', '{"pid":1,"since":1.5}', 'x'.repeat(100_000)],
    ...[1.5, -1, 1e15, 1e300, '1'].map((at) => ends({ at })),
    ...['a\0b', 'a\nb', '\ud800', 'x'.repeat(201), 1].map((how) => ends({ how })),
    ...[ends({ id: 'A'.repeat(32) }), ends({ told: 1 })],
  ])('takes a broken file for none: %#', (text) => {
    for (const name of ['ends.json', 'server.running']) writeFileSync(join(folder, name), text);
    expect(sut.ends()).toEqual([]);
    sut.begin();
    expect(sut.ends()).toEqual([]);
    sut.begin();
    expect(sut.ends()).toHaveLength(1);
  });

  it('keeps the others when one is broken', () => {
    sut.ended(1, 'SIGKILL');
    const [whole] = sut.ends();
    const { ends: broken } = JSON.parse(ends({ at: 1.5 })) as { ends: object[] };
    writeFileSync(join(folder, 'ends.json'), JSON.stringify({ ends: [...broken, whole] }));
    expect(sut.ends()).toEqual([whole]);
  });

  it('takes no end for a crash while another process holds the folder', () => {
    const lock = unwrap(ProcessLock.acquire(folder, 'server'));
    sut.ended(1, 'exit code 1, before it answered');
    expect(sut.ends()).toEqual([]);
    lock.release();
    sut.ended(1, 'SIGKILL');
    expect(hows()).toEqual(['SIGKILL']);
  });

  it('takes away at its start what unfinished writes have left, and nothing else', () => {
    const half = '0123abcd-0000-4000-8000-000000000000';
    for (const name of [`ends.json.${half}`, `server.running.${half}`, `other.${half}`, 'ends.json.old'])
      writeFileSync(join(folder, name), '{');
    sut.begin();
    expect(readdirSync(folder).sort()).toEqual(['ends.json.old', `other.${half}`, 'server.running']);
  });

  it('stops nobody where nothing can be written', () => {
    const nowhere = new RunJournal(join(folder, 'nowhere'));
    nowhere.begin();
    nowhere.ended(1, 'SIGKILL');
    nowhere.told(new Set());
    nowhere.end();
    expect(nowhere.ends()).toEqual([]);
  });
});
