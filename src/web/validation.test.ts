import 'reflect-metadata';
import { ChatCompletionDto } from '../inference/openai/chat-completion.dto.js';
import { validationPipe } from './validation.js';

it.each([
  [{ messages: 'x' }, 'messages must be an array'],
  [{ messages: [] }, 'messages must contain at least 1 elements'],
  [{ messages: [{ role: 'user', content: 'x' }], max_tokens: 'x' }, 'max_tokens must be an integer number'],
  [
    { messages: [{ role: 'user', content: 'x' }], receipt_salt: `0x${'0'.repeat(62)}` },
    'receipt_salt must be 64',
  ],
])('names the type of a value before its size: %j', async (body, detail) => {
  const refused = validationPipe().transform(
    { model: 'm', ...body },
    { type: 'body', metatype: ChatCompletionDto },
  );
  await expect(refused).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    detail: expect.stringContaining(detail),
  });
});
