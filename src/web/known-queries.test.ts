import 'reflect-metadata';
import { jest } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, Matches } from 'class-validator';
import { validationPipe } from './validation.js';

class Query {
  @Matches(/^[a-z]+$/)
  name!: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  limit?: number;

  @IsOptional()
  @IsArray()
  tags?: string[];
}

const query = { type: 'query', metatype: Query } as const;

function setUp() {
  const checks = jest.spyOn(ValidationPipe.prototype, 'transform');
  const pipe = validationPipe();
  const ask = (value: object, type: 'query' | 'body' = 'query') =>
    pipe.transform(value, { ...query, type }) as Promise<Query>;
  return { checks, ask };
}

afterEach(() => jest.restoreAllMocks());

it('checks a query once, and gives every caller an object of its own class', async () => {
  const { checks, ask } = setUp();
  const first = await ask({ name: 'anna', limit: '3' });
  first.name = 'changed';
  const second = await ask({ name: 'anna', limit: '3' });
  expect(second).toEqual({ name: 'anna', limit: 3 });
  expect(second).toBeInstanceOf(Query);
  expect(checks).toHaveBeenCalledTimes(1);
  expect(await ask({ name: 'anna', limit: '4' })).toMatchObject({ limit: 4 });
});

it('refuses what is wrong each time, also beside what was right', async () => {
  const { ask } = setUp();
  await ask({ name: 'anna' });
  for (const wrong of [{ name: 'Anna' }, { name: 'anna', other: '1' }, { name: ['anna'] }, {}])
    for (let i = 0; i < 2; i++) await expect(ask(wrong)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});

it('checks bodies, long queries and those with lists each time', async () => {
  const { checks, ask } = setUp();
  const long = { name: 'a'.repeat(300) };
  for (let i = 0; i < 2; i++) {
    await ask({ name: 'anna' }, 'body');
    await ask(long);
    expect((await ask({ name: 'anna', tags: ['a'] })).tags).toEqual(['a']);
  }
  expect(checks).toHaveBeenCalledTimes(6);
});

it('keeps a bounded number of queries', async () => {
  const { checks, ask } = setUp();
  const names = Array.from({ length: 513 }, (_, i) => ({ name: 'anna', limit: String(i) }));
  for (const each of names) await ask(each);
  await ask(names[0]);
  expect(checks).toHaveBeenCalledTimes(514);
});
