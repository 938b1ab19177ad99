import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Req,
  type OnModuleInit,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError, unwrap } from '../../common/index.js';
import { FreshGroup } from '../../common/fresh-group.js';
import { AppConfig } from '../../config/index.js';
import type { AddressedRequest, IdentifiedRequest } from '../access.guard.js';
import { Accounts, accountView, type Account } from '../accounts/index.js';
import { ANONYMOUS } from '../identity.js';
import { addressGroup } from '../limits/index.js';
import { Roles } from '../roles.js';
import { NeedsScope } from '../scopes.js';
import { SessionCheck, Sessions, type SessionView } from '../sessions/index.js';
import { SignIn } from '../sign-in.js';
import { PasswordDto, SessionParameters } from './session.dto.js';

/** How long another replica may still show an account as it was. In this process a change counts at once. */
const FRESH_MS = 1_000;
const MOST_ACCOUNTS = 10_000;
/** Accounts that one query reads. */
const MOST_TOGETHER = 256;

/** What somebody sees and changes of the own account. */
@ApiTags('accounts')
@Controller('api/me')
@Roles('user')
@NeedsScope('session')
export class MeController implements OnModuleInit {
  private readonly known: FreshGroup<Account | null>;

  constructor(
    private readonly config: AppConfig,
    accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
    private readonly check: SessionCheck,
  ) {
    this.known = new FreshGroup((ids) => accounts.findAll(ids), {
      freshMs: FRESH_MS,
      most: MOST_ACCOUNTS,
      together: MOST_TOGETHER,
    });
  }

  onModuleInit(): void {
    this.check.onForget(() => this.known.clear());
  }

  @ApiOperation({ summary: 'Who the caller is to this server; also without a token' })
  @Get()
  @Header('cache-control', 'no-store')
  @Roles('public')
  @NeedsScope('read')
  async me(@Req() { identity = ANONYMOUS }: IdentifiedRequest): Promise<object> {
    const { subject, roles, tier, scopes } = identity;
    const account = tier === undefined ? null : await this.known.get(subject);
    return {
      subject,
      roles,
      account: account === null ? null : accountView(account),
      scopes: scopes ?? null,
      single_user: this.config.singleUser,
      registration: this.config.registration,
    };
  }

  @ApiOperation({ summary: 'Changes the password and ends all other sessions' })
  @Patch('password')
  @HttpCode(204)
  async changePassword(
    @Body() { current, next }: PasswordDto,
    @Req() { identity, ip }: AddressedRequest,
  ): Promise<void> {
    const { subject: account = '', name = '', session = '' } = identity ?? {};
    const who = { account, name, session, address: addressGroup(ip) };
    unwrap(await this.signIn.changePassword(who, current ?? null, next));
  }

  @ApiOperation({ summary: 'Where the account is signed in, last used first' })
  @Get('sessions')
  async list(
    @Req() { identity }: IdentifiedRequest,
  ): Promise<{ items: (SessionView & { current: boolean })[] }> {
    const { subject = '', session } = identity ?? {};
    const items = await this.sessions.list(subject);
    return { items: items.map((item) => ({ ...item, current: item.id === session })) };
  }

  @ApiOperation({ summary: 'Ends one session of the account' })
  @Delete('sessions/:id')
  @HttpCode(204)
  async end(@Param() { id }: SessionParameters, @Req() { identity }: IdentifiedRequest): Promise<void> {
    if (!(await this.sessions.end(identity?.subject ?? '', id)))
      throw new CodedError('SESSION_UNKNOWN', 'The account has no such session.', {}, 404);
  }
}
