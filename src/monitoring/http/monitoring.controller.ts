import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, systemClock, unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { AgentRegistry } from '../agents/agent-registry.js';
import { AgentRunner } from '../agents/agent-runner.js';
import type { MonitoringAgent } from '../agents/agent.js';
import { AlertBook } from '../alerts/alert-book.js';
import type { Alert } from '../alerts/alert.js';
import { AlertStore } from '../alerts/alert-store.js';
import { AlertTuning } from '../alerts/alert-tuning.js';
import { HistoryReader } from '../history/history-reader.js';
import { ObservationStore } from '../history/observation-store.js';
import { HealthReports } from '../reports/health-reports.js';
import {
  AcknowledgeDto,
  AgentParameters,
  AlertParameters,
  AlertsQuery,
  HistoryQuery,
  ReportsQuery,
} from './dto.js';
import { agentView, alertView, historyView, reportView, runView } from './views.js';

const USUAL_PAGE = 50;
const USUAL_REPORTS = 10;
const USUAL_HOURS = 24;
const HOUR_MS = 3_600_000;

/** What the server sees of itself: agents, their history, alerts, health reports. */
@ApiTags('monitoring')
@Controller('api/monitoring')
@NeedsScope('guardian')
export class MonitoringController {
  constructor(
    private readonly config: AppConfig,
    private readonly registry: AgentRegistry,
    private readonly runner: AgentRunner,
    private readonly observations: ObservationStore,
    private readonly past: HistoryReader,
    private readonly book: AlertBook,
    private readonly alerts: AlertStore,
    private readonly tuning: AlertTuning,
    private readonly reports: HealthReports,
  ) {}

  @ApiOperation({ summary: 'The agents and what each saw last' })
  @Get('agents')
  @Roles('guardian')
  async agents(): Promise<object> {
    const stored = await this.observations.latest();
    const items = this.registry.all.map((agent) =>
      agentView(
        agent,
        this.runner.lastRun(agent.name),
        stored.find((each) => each.agent === agent.name),
      ),
    );
    return { every_minutes: this.config.monitoringMinutes, items };
  }

  @ApiOperation({ summary: 'Lets an agent look now and settles its alerts; waits at most 20 s' })
  @Post('agents/:name/run')
  @HttpCode(200)
  @Roles('guardian')
  async run(@Param() { name }: AgentParameters): Promise<object> {
    return runView(await this.runner.run(this.agent(name)));
  }

  @ApiOperation({ summary: 'What an agent measured on one server, oldest first, in at most 600 spans' })
  @Get('agents/:name/history')
  @Roles('guardian')
  async history(
    @Param() { name }: AgentParameters,
    @Query() { hours = USUAL_HOURS, instance, measures }: HistoryQuery,
  ): Promise<object> {
    const agent = this.agent(name).name;
    const to = systemClock.now();
    const from = to - hours * HOUR_MS;
    const [history, servers] = await Promise.all([
      this.past.read({
        ...{ agent, from, to },
        ...(instance === undefined ? {} : { instance }),
        ...(measures === undefined ? {} : { measures: measures.split(',') }),
      }),
      this.past.servers(agent, from),
    ]);
    return historyView(agent, hours, history, servers);
  }

  @ApiOperation({ summary: 'Alerts, newest first' })
  @Get('alerts')
  @Roles('guardian')
  async list(@Query() { limit = USUAL_PAGE, ...query }: AlertsQuery): Promise<object> {
    const found = await this.alerts.list({
      limit: limit + 1,
      open: query.open === 'true',
      ...(query.state === undefined ? {} : { state: query.state }),
      ...(query.severity === undefined ? {} : { severity: query.severity }),
      ...(query.cursor === undefined ? {} : { before: query.cursor }),
    });
    const page = found.slice(0, limit);
    return {
      open: await this.alerts.openCounts(),
      items: page.map((alert) => this.view(alert)),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'Notes that somebody knows; an alert that nobody watches is resolved by it' })
  @Post('alerts/:id/acknowledge')
  @HttpCode(200)
  @Roles('guardian')
  async acknowledge(
    @Param() { id }: AlertParameters,
    @Body() { reason }: AcknowledgeDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    return this.view(unwrap(await this.book.acknowledge(id, subject, reason)));
  }

  @ApiOperation({ summary: 'Full health reports, newest first' })
  @Get('reports')
  @Roles('guardian')
  async healthReports(@Query() { limit = USUAL_REPORTS, cursor }: ReportsQuery): Promise<object> {
    const found = await this.reports.list(cursor, limit + 1);
    const page = found.slice(0, limit);
    return {
      every_hours: this.config.healthReportHours,
      items: page.map(reportView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  private view(alert: Alert): object {
    return alertView(alert, this.tuning.silencedUntil(alert.fingerprint, systemClock.now()));
  }

  private agent(name: string): MonitoringAgent {
    const agent = this.registry.find(name);
    if (agent === undefined)
      throw new CodedError('AGENT_NOT_FOUND', `There is no agent ${name}.`, { agent: name }, 404);
    return agent;
  }
}
