import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppConfig } from '../../config/index.js';
import { AccessTokens } from '../access-tokens.js';
import { accountView, type Account } from '../accounts/index.js';
import { addressGroup } from '../limits/index.js';
import { Sessions, type OpenedSession, type SessionOrigin } from '../sessions/index.js';
import { clearedCookie, refreshCookie } from './refresh-cookie.js';

const SECONDS_PER_DAY = 86_400;

/** What a session is answered with. */
export interface SessionAnswer {
  readonly account: object;
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expires_in: number;
  /** Absent when it travels in a cookie. */
  readonly refresh_token?: string;
}

/** Answers that open, prolong and close sessions. */
@Injectable()
export class SessionAnswers {
  constructor(
    private readonly config: AppConfig,
    private readonly sessions: Sessions,
    private readonly tokens: AccessTokens,
  ) {}

  /** Opens a session and answers with it. @param inCookie whether the refresh token goes into a cookie */
  async open(
    account: Account,
    request: FastifyRequest,
    reply: FastifyReply,
    inCookie: boolean,
  ): Promise<SessionAnswer> {
    return this.answer(account, await this.sessions.open(account.id, originOf(request)), reply, inCookie);
  }

  /** Answers with a session that is there already. */
  answer(account: Account, session: OpenedSession, reply: FastifyReply, inCookie: boolean): SessionAnswer {
    const { accessTokenSeconds, sessionDays } = this.config;
    const { id: subject, name, roles } = account;
    void reply.header('cache-control', 'no-store');
    if (inCookie)
      void reply.header(
        'set-cookie',
        refreshCookie(session.refreshToken, sessionDays * SECONDS_PER_DAY, this.isSecure(reply)),
      );
    return {
      account: accountView(account),
      access_token: this.tokens.issue({ subject, name, roles, session: session.id }, accessTokenSeconds),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      ...(!inCookie && { refresh_token: session.refreshToken }),
    };
  }

  /** Has the browser forget its refresh token. */
  close(reply: FastifyReply): void {
    void reply.header('cache-control', 'no-store').header('set-cookie', clearedCookie(this.isSecure(reply)));
  }

  private isSecure(reply: FastifyReply): boolean {
    return reply.request.protocol === 'https' || this.config.publicUrl?.startsWith('https:') === true;
  }
}

/** Where a request comes from. */
export function originOf({ ip, headers }: FastifyRequest): SessionOrigin {
  return { address: addressGroup(ip), client: headers['user-agent'] ?? '' };
}
