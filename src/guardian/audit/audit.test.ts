import { auditCsv, auditLines, type ProvedRecord } from './audit-export.js';
import { guardianRecord, recordHash, recordText } from './guardian-record.js';

const record = guardianRecord({ event: 'autonomy.stopped', actor: 'ada', reason: '=cmd("x"), "quoted"' });
const proved: ProvedRecord = {
  ...{ hash: recordHash(record), position: '1', txid: 7, leaf: '{"a":1}', record },
  proof: { tree_size: 9, leaf_hash: 'ab', hashes: ['cd', 'ef'] },
};

describe('audit records', () => {
  it('are another one each time, and hash as their text does', () => {
    const again = guardianRecord({ event: 'autonomy.stopped', actor: 'ada' });
    expect(again.id).not.toBe(record.id);
    expect(recordHash(JSON.parse(recordText(record)) as never)).toBe(recordHash(record));
    expect(recordHash({ ...record, reason: 'other' })).not.toBe(recordHash(record));
  });

  it('go into CSV without anything a spreadsheet would compute', () => {
    const [head, line, end] = auditCsv([proved], { checkpoint: 'a note', log_key: 'a key' }).split('\r\n');
    expect(head.split(',')).toHaveLength(15);
    expect(line).toContain(`"'=cmd(""x""), ""quoted"""`);
    expect(line).toContain(',9,cd ef,"{""a"":1}",');
    expect(line).toContain(recordText(record).replaceAll('"', '""'));
    expect(line).toMatch(/,a note,a key$/);
    expect(end).toBe('');
  });

  it('go into lines with leaf and proof', () => {
    const [line, end] = auditLines([proved]).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      txid: 7,
      event: 'autonomy.stopped',
      leaf: '{"a":1}',
      proof: { hashes: ['cd', 'ef'] },
    });
    expect(end).toBe('');
  });
});
