import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError, unwrap } from '../../common/index.js';
import type { IdentifiedRequest } from '../access.guard.js';
import { Accounts } from '../accounts/index.js';
import { Roles } from '../roles.js';
import { NeedsScope } from '../scopes.js';
import { Refreshing, Sessions } from '../sessions/index.js';
import { SignIn } from '../sign-in.js';
import { originOf, SessionAnswers, type SessionAnswer } from './answers.js';
import { Door } from './door.js';
import { refreshTokenIn } from './refresh-cookie.js';
import { LoginDto, LogoutDto, RefreshDto, RegisterDto, SetupDto } from './session.dto.js';

/** Registration, sign-in, refresh, sign-out. */
@ApiTags('accounts')
@Controller('api')
@Roles('public')
export class SessionController {
  constructor(
    private readonly door: Door,
    private readonly signIn: SignIn,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly refreshing: Refreshing,
    private readonly answers: SessionAnswers,
  ) {}

  @ApiOperation({ summary: 'Makes an account and signs it in' })
  @Post('register')
  async register(
    @Body() { name, email, password, cookie }: RegisterDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    unwrap(await this.door.newcomer(request.ip));
    const account = unwrap(await this.signIn.register({ name, email: email ?? null, password }));
    return this.answers.open(account, request, reply, cookie === true);
  }

  @ApiOperation({ summary: 'Makes the first admin with the token of the link that the first start prints' })
  @Post('setup')
  async setUp(
    @Body() { token, name, password, cookie }: SetupDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    unwrap(this.door.isOpen());
    const account = unwrap(await this.signIn.setUp(token, name, password));
    return this.answers.open(account, request, reply, cookie === true);
  }

  @ApiOperation({ summary: 'Signs in with name and password' })
  @Post('login')
  @HttpCode(200)
  async login(
    @Body() { name, password, cookie }: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    unwrap(this.door.isOpen());
    const account = unwrap(await this.signIn.login(name, password, originOf(request)));
    return this.answers.open(account, request, reply, cookie === true);
  }

  @ApiOperation({
    summary: 'A new access token and a new refresh token for a refresh token, which is used up',
  })
  @Post('refresh')
  @HttpCode(200)
  async refresh(
    @Body() { refresh_token }: RefreshDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    const given = refresh_token ?? null;
    const token = given ?? refreshTokenIn(request.headers.cookie);
    if (token === null)
      throw new CodedError('REFRESH_INVALID', 'There is no refresh token here; sign in.', {}, 401);
    const refreshed = await this.refreshing.refresh(token);
    if (!refreshed.ok && given === null) this.answers.close(reply);
    const session = unwrap(refreshed);
    const account = await this.accounts.find(session.account);
    if (account === null) throw new Error(`session ${session.id} belongs to no account`);
    return this.answers.answer(account, session, reply, given === null);
  }

  @ApiOperation({ summary: 'Ends this session, or all of the account' })
  @Post('logout')
  @HttpCode(204)
  @Roles('user')
  @NeedsScope('session')
  async logout(
    @Body() { everywhere }: LogoutDto,
    @Req() { identity }: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { subject = '', session = '' } = identity ?? {};
    if (everywhere === true) await this.sessions.endAll(subject);
    else await this.sessions.end(subject, session);
    this.answers.close(reply);
  }
}
