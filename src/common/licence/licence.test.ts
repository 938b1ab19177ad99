import { judgeLicence, worse } from './judge-licence.js';
import { licencesIn } from './licences-in-text.js';
import { parseLicenceExpression } from './spdx-expression.js';

describe('licence expressions', () => {
  it('bind +, WITH, AND, OR in this order', () => {
    const parsed = parseLicenceExpression('GPL-2.0+ WITH Classpath-exception-2.0 AND MIT OR (ISC or 0BSD)');
    const licence = (id: string, orLater = false, exception: string | null = null) => ({
      ...{ kind: 'licence', id, orLater, exception },
    });
    expect(parsed).toEqual({
      ok: true,
      value: {
        kind: 'or',
        operands: [
          { kind: 'and', operands: [licence('GPL-2.0', true, 'Classpath-exception-2.0'), licence('MIT')] },
          { kind: 'or', operands: [licence('ISC'), licence('0BSD')] },
        ],
      },
    });
  });

  it.each([
    ['', 'unknown'],
    ['MIT', 'allowed'],
    ['mit', 'allowed'],
    ['Apache-2.0 WITH LLVM-exception', 'allowed'],
    ['Apache-2.0 WITH my-exception', 'unknown'],
    ['GPL-3.0-or-later', 'copyleft'],
    ['GPL-2.0+', 'copyleft'],
    ['CC-BY-SA-4.0', 'copyleft'],
    ['CC-BY-NC-4.0', 'restricted'],
    ['MIT OR GPL-3.0-only', 'allowed'],
    ['MIT AND GPL-3.0-only', 'copyleft'],
    ['MIT AND (CC-BY-NC-4.0 OR CC0-1.0)', 'allowed'],
    ['MIT AND LicenseRef-mine', 'unknown'],
    ['MIT OR LicenseRef-mine', 'allowed'],
    ['NOASSERTION', 'unknown'],
    ['NONE', 'unknown'],
    ['proprietary', 'unknown'],
    ['MIT OR', 'unknown'],
    ['(MIT', 'unknown'],
    ['MIT)', 'unknown'],
    ['AND MIT', 'unknown'],
    ['MIT ISC', 'unknown'],
    ['MIT++', 'unknown'],
    ['MIT Or ISC', 'unknown'],
    ['free for all, have fun', 'unknown'],
  ])('judges %p as %s', (text, expected) => {
    expect(judgeLicence(text)).toBe(expected);
  });

  it('refuse what is too long or too deep, at once', () => {
    for (const text of [
      '('.repeat(1_000_000),
      `${'('.repeat(17)}MIT${')'.repeat(17)}`,
      'MIT AND '.repeat(90),
    ])
      expect(parseLicenceExpression(text)).toMatchObject({
        ok: false,
        error: { code: 'LICENCE_EXPRESSION' },
      });
    expect(judgeLicence(`${'('.repeat(16)}MIT${')'.repeat(16)}`)).toBe('allowed');
  });

  it('are found in the headers of source files', () => {
    const text =
      '// SPDX-License-Identifier: GPL-3.0-only OR MIT\n/* SPDX-License-Identifier: LicenseRef-x */';
    expect(licencesIn(text)).toEqual(['GPL-3.0-only OR MIT', 'LicenseRef-x']);
  });

  it('worsen together', () => {
    expect(worse('allowed', 'restricted')).toBe('restricted');
    expect(worse('unknown', 'copyleft')).toBe('unknown');
  });
});
