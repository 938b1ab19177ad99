import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unwrap } from '../../common/index.js';
import { Roles } from '../roles.js';
import { SignIn } from '../sign-in.js';
import { SessionAnswers, type SessionAnswer } from './answers.js';
import { Door } from './door.js';
import { NewPasswordDto } from './session.dto.js';

/** A new password for somebody who has a link instead of the old one. */
@ApiTags('accounts')
@Controller('api/password')
@Roles('public')
export class PasswordController {
  constructor(
    private readonly door: Door,
    private readonly signIn: SignIn,
    private readonly answers: SessionAnswers,
  ) {}

  @ApiOperation({ summary: 'Sets a new password with the token of a link, ends all sessions and signs in' })
  @Post()
  @HttpCode(200)
  async renew(
    @Body() { token, password, cookie }: NewPasswordDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    unwrap(this.door.isOpen());
    const account = unwrap(await this.signIn.renewPassword(token, password));
    return this.answers.open(account, request, reply, cookie === true);
  }
}
