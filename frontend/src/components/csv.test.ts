import { toCsv } from './csv.js';

describe('CSV', () => {
  const columns = [
    { label: 'name', value: (row: { name: string; size: number | null }) => row.name },
    { label: 'size, bytes', value: (row: { name: string; size: number | null }) => row.size },
  ];

  it('quotes what needs quotes and leaves nothing empty but the unknown', () => {
    const rows = [
      { name: 'plain', size: 1 },
      { name: 'a "b", c\nd', size: null },
    ];
    expect(toCsv(rows, columns)).toBe('name,"size, bytes"\r\nplain,1\r\n"a ""b"", c\nd",\r\n');
  });

  it('keeps a spreadsheet from running text as a formula', () => {
    for (const name of ['=1+1', '+1', '-1', '@x', '\tx'])
      expect(
        toCsv([{ name, size: null }], columns)
          .split('\r\n')[1]
          .startsWith(`'${name[0]}`),
      ).toBe(true);
  });
});
