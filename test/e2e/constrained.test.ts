import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import OpenAI from 'openai';
import { packageRoot } from '../../src/common/installation.js';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import type { ReplayReport } from '../../src/inference/replay/replay-report.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const MODEL = 'genesis';
const TOOL_MODEL = 'genesis-tools';
const folder = temporaryFolder('constrained');
const ask = (content: string) => [{ role: 'user' as const, content }];

/** The genesis template, told of tools. */
const TOOL_TEMPLATE =
  "{% if tools %}<|user|>{% for t in tools %}{{ t['function']['name'] }} {{ t | tojson }}{% endfor %}{% endif %}" +
  "{% for m in messages %}{{ ('<|assistant|>' if m['role'] == 'assistant' else '<|user|>') + m['content'] }}" +
  "{% for c in m['tool_calls'] or [] %}{{ c['function'] | tojson }}{% endfor %}" +
  "{{ '<|end|>' if m['role'] == 'assistant' else '' }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 20 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    colours: { type: 'array', items: { enum: ['red', 'green', 'blue'] }, minItems: 1, maxItems: 3 },
    home: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/place' }] },
  },
  required: ['name', 'age', 'colours', 'home'],
  additionalProperties: false,
  $defs: {
    place: {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 12 } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};
const TOOL = {
  type: 'function' as const,
  function: {
    name: 'add',
    description: 'Adds two numbers',
    parameters: {
      type: 'object',
      properties: { a: { $ref: '#/$defs/n' }, b: { $ref: '#/$defs/n' } },
      required: ['a', 'b'],
      additionalProperties: false,
      $defs: { n: { type: 'integer', minimum: 0, maximum: 99 } },
    },
  },
};

let server: TestServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const checkpoint = join(folder, 'checkpoint');
  cpSync(join(packageRoot(), 'models/genesis'), checkpoint, { recursive: true });
  const config = join(checkpoint, 'tokenizer_config.json');
  const written = JSON.parse(readFileSync(config, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...written, chat_template: TOOL_TEMPLATE }));
  const command = ['--json', 'import', checkpoint, '--name', TOOL_MODEL];
  const imported = await runCommand(command, { DATA_DIR: server.dataDir });
  expect([imported.code, imported.stderr]).toEqual([0, expect.anything()]);
});

afterAll(() => server?.stop());

const receiptOf = (answer: object) => (answer as { receipt_id: string }).receipt_id;

async function replayed(receipt: string): Promise<ReplayReport> {
  const response = await fetch(`${server.url}/v1/receipts/${receipt}/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return (await response.json()) as ReplayReport;
}

describe('response_format', () => {
  const format = {
    type: 'json_schema' as const,
    json_schema: { name: 'person', strict: true, schema: SCHEMA },
  };

  it.each([0, 1, 2, 3])('gives a value that obeys the schema, whatever the seed (%p)', async (seed) => {
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: ask('Tell me a story about a fox.'),
      temperature: seed === 0 ? 0 : 1.5,
      seed,
      response_format: format,
      max_tokens: 300,
    });
    const [choice] = answer.choices;
    const value = JSON.parse(choice.message.content!) as unknown;
    expect(choice.finish_reason).toBe('stop');
    expect([value, new Ajv().validate(SCHEMA, value)]).toEqual([value, true]);
  });

  it('streams the same text, and the receipt replays on the server and from its bundle', async () => {
    const request = {
      model: MODEL,
      messages: ask('Compute 1 + 1.'),
      temperature: 1,
      seed: 7,
      response_format: format,
      logit_bias: { '40': 2.5, '30': -100 },
    };
    const whole = await client.chat.completions.create(request);
    let text = '';
    for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
      text += choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(whole.choices[0].message.content);
    const id = receiptOf(whole);
    expect(await replayed(id)).toMatchObject({ agrees: true, first_difference: null });
    const document = (await (await fetch(`${server.url}/v1/receipts/${id}`)).json()) as ReceiptDocument;
    expect(document.evidence).toMatchObject({
      logit_bias: [
        [30, -100],
        [40, 2.5],
      ],
      constraint: { version: 2, schema: JSON.stringify(SCHEMA), tokens: expect.any(Number) },
    });
    const bundle = join(folder, 'bundle.zip');
    const bytes = await (await fetch(`${server.url}/v1/receipts/${id}/bundle`)).arrayBuffer();
    writeFileSync(bundle, new Uint8Array(bytes));
    const offline = await runCommand(['--json', 'replay', bundle], { DATA_DIR: join(folder, 'nowhere') });
    expect([offline.code, JSON.parse(offline.stdout)]).toEqual([
      0,
      expect.objectContaining({ agrees: true }),
    ]);
    const other = { ...document.evidence, constraint: { version: 2, schema: '{}', tokens: 9 } };
    const presented = await fetch(`${server.url}/v1/receipts/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...document, evidence: other }),
    });
    expect(await presented.json()).toMatchObject({ agrees: false, first_difference: { part: 'prompt' } });
  });

  it('gives any JSON object', async () => {
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: ask('Tell me a story about an owl.'),
      response_format: { type: 'json_object' },
      logit_bias: { '96': 60 },
      max_tokens: 400,
      temperature: 0.3,
      seed: 3,
    });
    const [choice] = answer.choices;
    expect(choice.message.content).toMatch(/^\{/);
    expect([choice.finish_reason, typeof JSON.parse(choice.message.content!)]).toEqual(['stop', 'object']);
    expect(await replayed(receiptOf(answer))).toMatchObject({ agrees: true });
  });

  it('comes to an end within max_tokens, and is cut only where no value has room', async () => {
    const least = '{"name":"","age":0,"colours":["red"],"home":null}'.length + 1;
    const request = {
      model: MODEL,
      messages: ask('Tell me a story about a fox.'),
      temperature: 1.5,
      seed: 5,
    };
    for (const more of [0, 1, 7]) {
      const answer = await client.chat.completions.create({
        ...request,
        response_format: format,
        max_tokens: least + more,
      });
      const [choice] = answer.choices;
      const value = JSON.parse(choice.message.content!) as unknown;
      expect([choice.finish_reason, new Ajv().validate(SCHEMA, value)]).toEqual(['stop', true]);
      expect(await replayed(receiptOf(answer))).toMatchObject({ agrees: true });
    }
    const cut = await client.chat.completions.create({
      ...request,
      response_format: format,
      max_tokens: 5,
    });
    expect(cut.choices[0].finish_reason).toBe('length');
    expect(await replayed(receiptOf(cut))).toMatchObject({ agrees: true });
  });

  it.each([
    ['SCHEMA_UNSATISFIABLE', { type: 'integer', minimum: 3, maximum: 2 }],
    ['SCHEMA_UNSATISFIABLE', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }],
    ['SCHEMA_UNSUPPORTED', { type: 'object', patternProperties: { '^a': {} } }],
    ['SCHEMA_INVALID', { type: 'text' }],
    ['SCHEMA_TOO_LARGE', { enum: ['x'.repeat(70_000)] }],
  ])('refuses with %s', async (code, schema) => {
    const refused = client.chat.completions.create({
      model: MODEL,
      messages: ask('hi'),
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    await expect(refused).rejects.toMatchObject({ status: 400, code, param: 'response_format' });
  });
});

describe('tools', () => {
  const request = {
    model: TOOL_MODEL,
    messages: ask('Compute 2 + 3.'),
    tools: [TOOL],
    temperature: 1,
    seed: 4,
  };

  it('are called when a call is required, with arguments that obey', async () => {
    const answer = await client.chat.completions.create({
      ...request,
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    const [{ message, finish_reason: finish }] = answer.choices;
    expect([finish, message.content, message.tool_calls?.length]).toEqual(['tool_calls', null, 1]);
    const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(call).toMatchObject({
      type: 'function',
      id: expect.stringMatching(/^call-/),
      function: { name: 'add' },
    });
    const given = JSON.parse(call.function.arguments) as unknown;
    expect([given, new Ajv().validate(TOOL.function.parameters, given)]).toEqual([given, true]);
    expect(await replayed(receiptOf(answer))).toMatchObject({ agrees: true });
  });

  it('stream as the official client collects them, and are answered', async () => {
    const choice = { type: 'function' as const, function: { name: 'add' } };
    const whole = await client.chat.completions.create({ ...request, tool_choice: choice });
    const runner = client.chat.completions.stream({ ...request, tool_choice: choice });
    const { choices } = await runner.finalChatCompletion();
    const calls = choices[0].message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    const wanted = whole.choices[0].message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(calls.map((call) => call.function.arguments)).toEqual(
      wanted.map((call) => call.function.arguments),
    );
    expect(choices[0].finish_reason).toBe('tool_calls');
    const results = wanted.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: '5' }));
    const answered = await client.chat.completions.create({
      ...request,
      messages: [...request.messages, whole.choices[0].message, ...results],
      max_tokens: 4,
    });
    expect(answered.usage!.prompt_tokens).toBeGreaterThan(whole.usage!.prompt_tokens);
  });

  it('may be left alone', async () => {
    const auto = await client.chat.completions.create({ ...request, max_tokens: 8 });
    expect(auto.choices[0].message.tool_calls).toBeUndefined();
    const none = await client.chat.completions.create({ ...request, tool_choice: 'none', max_tokens: 8 });
    expect(none.usage!.prompt_tokens).toBeLessThan(auto.usage!.prompt_tokens);
  });

  it('are refused by name where the template does not know of them', async () => {
    const refused = client.chat.completions.create({ ...request, model: MODEL });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'TOOLS_UNSUPPORTED', param: 'tools' });
  });
});
