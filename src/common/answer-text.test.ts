import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { composeText, keepText, SameAnswers, textOf } from './answer-text.js';

/** An answer that counts how often its JSON is made. */
function counting(value: object) {
  const count = { made: 0 };
  const answer = { value, toJSON: () => (count.made++, value) };
  return { answer, count };
}

describe('the text of answers', () => {
  it('is what JSON.stringify makes of them, marked or not', () => {
    const members = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)));
    fc.assert(
      fc.property(fc.jsonValue(), members, fc.boolean(), (value, answer, marks) => {
        expect(textOf(value)).toBe(JSON.stringify(value));
        for (const member of Object.values(answer))
          if (marks && typeof member === 'object' && member !== null) keepText(member);
        const text = JSON.stringify(answer);
        expect([textOf(composeText({ ...answer })), textOf(keepText(answer))]).toEqual([text, text]);
        expect(textOf(answer)).toBe(text);
      }),
    );
  });

  it('is made once for a marked answer, alone and as a member, and each time for others', () => {
    const { answer, count } = counting({ a: 1 });
    expect([textOf(answer), textOf(answer), count.made]).toEqual(['{"a":1}', '{"a":1}', 2]);
    keepText(answer);
    expect(textOf(composeText({ part: answer, no: null }))).toBe('{"part":{"a":1},"no":null}');
    expect([textOf(keepText(answer)), count.made]).toEqual(['{"a":1}', 3]);
  });

  it('is not kept when it is long', () => {
    const { answer, count } = counting({ a: 'x'.repeat(70_000) });
    keepText(answer);
    expect(textOf(answer)).toBe(textOf(answer));
    expect(count.made).toBe(2);
  });
});

describe('SameAnswers', () => {
  it('makes an answer anew only when a source is another one', () => {
    const sut = new SameAnswers(2);
    const [list, other] = [[1], [1]];
    const first = sut.of('k', [list, true], () => ({ n: 1 }));
    expect(sut.of('k', [list, true], () => ({ n: 2 }))).toBe(first);
    expect(sut.of('k', [list, false], () => ({ n: 3 }))).toEqual({ n: 3 });
    expect(sut.of('k', [other, false], () => ({ n: 4 }))).toEqual({ n: 4 });
    expect(sut.of('k', [other], () => ({ n: 5 }))).toEqual({ n: 5 });
    expect(sut.of('l', [other], () => ({ n: 6 }))).toEqual({ n: 6 });
  });

  it('remembers so many; the one made longest ago goes', () => {
    const sut = new SameAnswers(2);
    for (const key of ['a', 'b', 'c']) sut.of(key, [], () => ({ key, n: 1 }));
    expect(sut.of('b', [], () => ({ key: 'b', n: 2 }))).toEqual({ key: 'b', n: 1 });
    expect(sut.of('a', [], () => ({ key: 'a', n: 2 }))).toEqual({ key: 'a', n: 2 });
  });
});
