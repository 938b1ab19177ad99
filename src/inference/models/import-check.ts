import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TokenizerChecks } from '../../experts/index.js';
import { parseTokenizer } from '../tokenizer/parse-tokenizer.js';

/** Lets imports refuse a tokenizer or chat template that no answer could be made with, instead of every later request. */
@Injectable()
export class ImportCheck implements OnModuleInit {
  constructor(private readonly checks: TokenizerChecks) {}

  onModuleInit(): void {
    this.checks.register(parseTokenizer);
  }
}
