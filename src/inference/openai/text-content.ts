import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy, type ValidationOptions } from 'class-validator';

/** A part of a message as OpenAI's clients may send it; only text is understood. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

const MAX_PARTS = 256;

/** Message content is a string or a list of text parts. */
export function IsTextContent(options?: ValidationOptions): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      anyOf: [
        { type: 'string' },
        {
          type: 'array',
          maxItems: MAX_PARTS,
          items: {
            type: 'object',
            required: ['type', 'text'],
            properties: { type: { type: 'string', enum: ['text'] }, text: { type: 'string' } },
            additionalProperties: false,
          },
        },
      ],
    }),
    ValidateBy(
      {
        name: 'isTextContent',
        validator: {
          validate: isTextContent,
          defaultMessage: () => '$property must be a string or a list of {type: "text", text} parts',
        },
      },
      options,
    ),
  );
}

/** The text of a message's content, parts joined. */
export function joinedText(content: string | readonly TextPart[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

function isTextContent(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.length <= MAX_PARTS && value.every(isTextPart);
}

function isTextPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { type, text, ...others } = part as Record<string, unknown>;
  return type === 'text' && typeof text === 'string' && Object.keys(others).length === 0;
}
