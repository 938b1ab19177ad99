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

  it('writes numbers of any size to the last digit', () => {
    const sizes = [{ label: 'units', value: ({ units }: { units: bigint | number }) => units }];
    const rows = [{ units: 9007199254740993n }, { units: -5n }, { units: 1.5 }];
    expect(toCsv(rows, sizes)).toBe('units\r\n9007199254740993\r\n-5\r\n1.5\r\n');
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
