import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportJournal } from './journal.js';

const folder = mkdtempSync(join(tmpdir(), 'stemma-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hash = (digit: string) => digit.repeat(64);

it('remembers blocks of the same inputs across openings, and only whole lines', async () => {
  const journal = await ImportJournal.open(folder, ['a', 'b']);
  await journal.add([
    { name: 'embedding', hash: hash('1') },
    { name: 'layer0.router', hash: hash('2') },
  ]);
  const [file] = readdirSync(folder);
  writeFileSync(join(folder, file), `${readFileSync(join(folder, file), 'utf8')}${hash('3')} hea`);
  const again = await ImportJournal.open(folder, ['a', 'b']);
  expect([again.get('embedding'), again.get('layer0.router'), again.get('hea')]).toEqual([
    hash('1'),
    hash('2'),
    undefined,
  ]);
  const other = await ImportJournal.open(folder, ['a', 'c']);
  expect(other.get('embedding')).toBeUndefined();
});

it('forgets a finished import', async () => {
  const journal = await ImportJournal.open(folder, ['done']);
  await journal.add([{ name: 'head', hash: hash('4') }]);
  await journal.remove();
  expect((await ImportJournal.open(folder, ['done'])).get('head')).toBeUndefined();
});
