import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { testConfig } from '../../test/support/test-config.js';
import { AppModule } from '../app.module.js';
import { externalDatabase } from '../database/index.js';
import { controllersBelow, guardWrites } from './guard-writes.js';
import { WriteKeyInterceptor } from './write-key.interceptor.js';

function guardTwice() {
  const root = AppModule.forRoot(testConfig(), externalDatabase('postgres://nowhere/nothing'));
  guardWrites(root);
  guardWrites(root);
  return controllersBelow(root).flatMap(({ name, prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype as object))
      .filter(([, { value }]) => typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, value))
      .map(([member, { value }]) => ({
        handler: `${name}.${member}`,
        method: Reflect.getMetadata(METHOD_METADATA, value) as RequestMethod,
        interceptors: (Reflect.getMetadata(INTERCEPTORS_METADATA, value) ?? []) as unknown[],
      })),
  );
}

it('puts one interceptor before every handler of the application that writes, and none before those that read', () => {
  const handlers = guardTwice();
  const reads = handlers.filter(({ method }) => method === RequestMethod.GET);
  expect(reads.length).toBeGreaterThan(30);
  expect(handlers.length - reads.length).toBeGreaterThan(30);
  for (const { handler, method, interceptors } of handlers) {
    const wanted = method === RequestMethod.GET ? [] : [WriteKeyInterceptor];
    expect([handler, interceptors]).toEqual([handler, wanted]);
  }
});
