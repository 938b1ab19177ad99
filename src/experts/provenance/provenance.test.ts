import { unwrap } from '../../common/index.js';
import { provenanceOfCard } from './model-card.js';
import { parseProvenance, provenanceIn, provenanceJson, unstated } from './provenance.js';

describe('a statement of where a model comes from', () => {
  const whole = {
    license: 'Apache-2.0 OR LicenseRef-ours',
    author: 'Ada & Söhne',
    data: [{ name: 'wiki', url: 'https://example.org/wiki', license: 'CC-BY-SA-4.0' }, { name: 'own notes' }],
  };

  it('comes back from the metadata of a block as it went in', () => {
    const stated = unwrap(parseProvenance(whole));
    expect(stated).toEqual(whole);
    const json = provenanceJson(stated as NonNullable<typeof stated>);
    expect(json).toMatchObject({ version: 1 });
    expect(provenanceIn({ model: 'm', provenance: json })).toEqual(whole);
    expect(unstated(stated)).toEqual([]);
  });

  it('may be of parts, and is none where nothing is said', () => {
    expect(unwrap(parseProvenance({ license: null, author: undefined }))).toBeNull();
    expect(unstated(unwrap(parseProvenance({ license: 'MIT' })))).toEqual(['data', 'author']);
    expect(unstated(null)).toEqual(['licence', 'data', 'author']);
  });

  it.each([
    ['license', { license: 'free for all' }],
    ['license', { license: 'Apache 2.0' }],
    ['license', { license: 'apache-3.0' }],
    ['license', { license: 'MIT WITH my-exception' }],
    ['license', { license: 7 }],
    ['author', { author: ' ' }],
    ['author', { author: 'a\nb' }],
    ['author', { author: 'a'.repeat(201) }],
    ['data', { data: [] }],
    ['data', { data: 'wiki' }],
    ['data', { data: [{ url: 'https://example.org' }] }],
    ['data', { data: [{ name: 'x', url: 'file:///etc/passwd' }] }],
    ['data', { data: [{ name: 'x', url: 'https://me:secret@example.org/' }] }],
    ['data', { data: [{ name: 'x', license: 'mine' }] }],
    ['data', { data: [{ name: 'x', size: 1 }] }],
    ['data', { data: Array(33).fill({ name: 'x' }) }],
    ['provenance', { licence: 'MIT' }],
    ['provenance', ['MIT']],
  ])('is refused for its %s: %j', (option, value) => {
    expect(parseProvenance(value)).toMatchObject({
      ok: false,
      error: { code: 'IMPORT_OPTION', facts: { option } },
    });
  });

  it('is not read from words of a later version, nor from what is no statement', () => {
    for (const provenance of [
      { version: 2, license: 'MIT' },
      { license: 'MIT' },
      { version: 1 },
      'MIT',
      null,
    ])
      expect(provenanceIn({ provenance })).toBeNull();
    expect(provenanceIn({})).toBeNull();
  });
});

describe('a model card', () => {
  const card = (...lines: string[]) => ['---', ...lines, '---', '# A model', 'license: no'].join('\n');

  it('states licence and data in its front matter', () => {
    const text = card('license: apache-2.0', 'language: [en]', 'datasets:', '- owner/some-data', '- squad');
    const expected = {
      license: 'apache-2.0',
      data: [
        { name: 'owner/some-data', url: 'https://huggingface.co/datasets/owner/some-data' },
        { name: 'squad', url: 'https://huggingface.co/datasets/squad' },
      ],
    };
    expect(provenanceOfCard(text)).toEqual(expected);
    expect(provenanceOfCard(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(expected);
    expect(provenanceOfCard(card('datasets: squad'))).toMatchObject({ data: [{ name: 'squad' }] });
  });

  it('says nothing where it cannot be understood', () => {
    for (const text of [
      '',
      '# license: mit',
      '---\nlicense: mit',
      card('license: other', 'datasets: [../../etc]'),
      card('license: [mit'),
      card('a: &a [1, 1]', 'b: *a', 'license: mit'),
      card('- license'),
      card(`title: ${'x'.repeat(8 * 1024)}`, 'license: mit'),
      card('text'),
      ' \n' + card('license: mit'),
    ])
      expect(provenanceOfCard(text)).toBeNull();
    expect(provenanceOfCard(card('license: other', 'datasets: [squad, 7]'))).toMatchObject({
      data: [{ name: 'squad' }],
    });
  });
});
