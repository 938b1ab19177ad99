import fc from 'fast-check';
import { compileSchema } from '../constraints/schema/compile-schema.js';
import { callRules, callStyle, rooted, ToolCallReader, type CallStyle, type ToolUse } from './index.js';

const NAMES = ['add', 'get_weather'];

/** What a reader makes of a text that comes in pieces: the content, and the calls with their whole arguments. */
function readPieces(style: CallStyle, pieces: readonly string[]) {
  const reader = new ToolCallReader(NAMES, style);
  const read = { content: '', calls: [] as { name: string; arguments: string }[] };
  for (const event of [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]) {
    if (event.type === 'content') read.content += event.text;
    else if (event.type === 'call') read.calls.push({ name: event.name, arguments: '' });
    else read.calls[read.calls.length - 1].arguments += event.text;
  }
  return read;
}

const call = (name: string, value: unknown) => `{"name": "${name}", "arguments": ${JSON.stringify(value)}}`;
const tagged = (...calls: string[]) => calls.map((text) => `<tool_call>\n${text}\n</tool_call>`).join('\n');

describe('a reader of tool calls', () => {
  const value = { a: [1, { b: '}"{' }], c: '\\' };
  const wanted = { name: 'add', arguments: JSON.stringify(value) };
  const cases: readonly [CallStyle, string, string, readonly unknown[]][] = [
    ['json', call('add', value), '', [wanted]],
    ['json', ` {\n "name":\n"add" , "parameters" : ${JSON.stringify(value)} }\n`, '', [wanted]],
    ['json', `[${call('add', value)}, ${call('add', value)}]`, '', [wanted, wanted]],
    ['json', 'I add: {"name": "add"', 'I add: {"name": "add"', []],
    ['json', '{"answer": 5}', '{"answer": 5}', []],
    ['json', call('other', {}), call('other', {}), []],
    ['json', '{"name": "add", "argu', '{"name": "add", "argu', []],
    ['json', '{"name": "add", "arguments": {"a": "cu', '', [{ name: 'add', arguments: '{"a": "cu' }]],
    ['json', '', '', []],
    ['tags', tagged(call('add', value)), '', [wanted]],
    [
      'tags',
      tagged(call('add', value), call('get_weather', {})),
      '',
      [wanted, { name: 'get_weather', arguments: '{}' }],
    ],
    ['tags', `I think.\n${tagged(call('add', value))}`, 'I think.\n', [wanted]],
    ['tags', `${tagged(call('add', value))} done`, ' done', [wanted]],
    ['tags', 'a < b <tool', 'a < b <tool', []],
    ['tags', tagged(call('other', {})), tagged(call('other', {})), []],
    ['tags', '<tool_call>{"na', '<tool_call>{"na', []],
    ['tags', call('add', value), call('add', value), []],
  ];

  it.each(cases)('finds calls (%s): %s', (style, text, content, calls) => {
    expect(readPieces(style, [text])).toEqual({ content, calls });
  });

  it('finds the same however the text is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.array(fc.nat(200), { maxLength: 8 }),
        ([style, text, content, calls], cuts) => {
          const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort(
            (a, b) => a - b,
          );
          const pieces = places.slice(1).map((place, i) => text.slice(places[i], place));
          expect(readPieces(style, pieces)).toEqual({ content, calls });
        },
      ),
    );
  });

  it('gives out arguments as they come', () => {
    const reader = new ToolCallReader(NAMES, 'json');
    expect(reader.push('{"name": "add", "arguments": ')).toEqual([]);
    expect(reader.push('{"a": 1')).toEqual([
      { type: 'call', name: 'add' },
      { type: 'arguments', text: '{"a": 1' },
    ]);
    expect(reader.push(', "b": 2')).toEqual([{ type: 'arguments', text: ', "b": 2' }]);
  });
});

describe('the constraint of a call', () => {
  const parameters = {
    type: 'object',
    properties: { n: { $ref: '#/$defs/n' }, like: { const: { $ref: '#' } } },
    $defs: { n: { type: 'integer' } },
  };
  const use = (choice: ToolUse['choice'], parallel = true): ToolUse => ({
    tools: [{ name: 'add', parameters }, { name: 'now' }],
    choice,
    parallel,
  });

  it('keeps the references of the tools, and nothing else that looks like one', () => {
    expect(rooted(parameters, '#/$defs/x')).toEqual({
      type: 'object',
      properties: { n: { $ref: '#/$defs/x/$defs/n' }, like: { const: { $ref: '#' } } },
      $defs: { n: { type: 'integer' } },
    });
  });

  it.each([
    ['json', use('required')],
    ['json', use({ name: 'now' }, false)],
    ['tags', use('required')],
    ['tags', use({ name: 'add' }, false)],
  ] as const)('can be compiled (%s, %j)', (style, wanted) => {
    const { schema, around } = callRules(wanted, style)!;
    expect(compileSchema(schema)).toMatchObject({ ok: true });
    expect(around?.most).toBe(style === 'tags' ? (wanted.parallel ? 16 : 1) : undefined);
    expect(schema.includes('"add"')).toBe(
      wanted.choice === 'required' || JSON.stringify(wanted.choice).includes('add'),
    );
  });

  it('leaves the model free where it may decide', () => {
    expect(callRules(use('auto'), 'json')).toBeUndefined();
    expect([callStyle('{{ tools }} <tool_call>'), callStyle('{{ tools }}')]).toEqual(['tags', 'json']);
  });
});
