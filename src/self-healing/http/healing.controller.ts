import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Healer } from '../healer.js';
import { IncidentStore, type IncidentRow } from '../incidents/incident-store.js';
import { CAUSES } from '../patterns/healing-rules.js';
import { diagnose } from '../patterns/diagnosis.js';
import { RulesInForce } from '../patterns/rules-in-force.js';
import { RemedyBox } from '../remedies/remedy-box.js';
import { RemedyOrders } from '../remedy-orders.js';
import { busiestProcesses } from '../vitals/busiest-processes.js';
import { VitalsReader } from '../vitals/vitals-reader.js';
import { WatchLoop } from '../watch-loop.js';
import { ActionDto, ActionParameters, IncidentsQuery } from './dto.js';

const USUAL_PAGE = 50;

/** Self-healing: what goes on, what happened, and the remedies by hand. */
@ApiTags('healing')
@Controller('api/healing')
@NeedsScope('guardian')
export class HealingController {
  constructor(
    private readonly config: AppConfig,
    private readonly gate: AutonomyGate,
    private readonly rules: RulesInForce,
    private readonly loop: WatchLoop,
    private readonly healer: Healer,
    private readonly box: RemedyBox,
    private readonly store: IncidentStore,
    private readonly reader: VitalsReader,
    private readonly orders: RemedyOrders,
  ) {}

  @ApiOperation({ summary: 'Rules, remedies with their success, the last look, open incidents' })
  @Get('status')
  @Roles('guardian')
  async status(): Promise<object> {
    // While the database is away this page matters most.
    const records = await this.store.records().catch(() => []);
    const attempts = records.reduce((sum, each) => sum + each.attempts, 0);
    const helped = records.reduce((sum, each) => sum + each.helped, 0);
    return {
      mode: this.config.healing,
      every_s: this.config.healingSeconds,
      autonomy: this.gate.state(),
      success: { attempts, helped, rate: attempts === 0 ? null : helped / attempts, remedies: records },
      causes: CAUSES.map((cause) => ({
        ...{ cause, ...this.rules.current[cause], tried_this_hour: this.healer.budget.used(cause) },
      })),
      remedies: this.box.all.map((remedy) => ({
        ...{ name: remedy.name, expected_effect: remedy.expectedEffect, undo: remedy.undo },
        ...{ blast_radius: remedy.blastRadius, blast_share: remedy.blastShare() },
      })),
      vitals: this.loop.latest,
      open: this.healer.open.map(({ id, cause, state, severity, remedy, attempts: tried, symptom }) => ({
        ...{ incident_id: id, cause, state, severity, remedy, attempts: tried, summary: symptom.summary },
      })),
    };
  }

  @ApiOperation({ summary: 'Incidents, newest first' })
  @Get('incidents')
  @Roles('guardian')
  async incidents(@Query() { open, limit = USUAL_PAGE, cursor }: IncidentsQuery): Promise<object> {
    const filter = {
      open: open === 'true',
      limit: limit + 1,
      ...(cursor === undefined ? {} : { before: cursor }),
    };
    const found = await this.store.list(filter);
    const page = found.slice(0, limit);
    return {
      items: page.map(incidentView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'Looks now and says what is wrong; nothing is done about it' })
  @Post('diagnose')
  @HttpCode(200)
  @Roles('guardian')
  async diagnose(): Promise<object> {
    const [vitals, processes] = await Promise.all([this.reader.read(), busiestProcesses()]);
    return { vitals, processes, symptoms: diagnose(vitals, this.rules.current) };
  }

  @ApiOperation({ summary: 'Uses a remedy now; who and why is in the audit record and the log first' })
  @Post('actions/:name')
  @HttpCode(200)
  @Roles('guardian')
  async act(
    @Param() { name }: ActionParameters,
    @Body() { reason }: ActionDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    const { detail } = unwrap(await this.orders.carryOut(name, subject, reason));
    return { remedy: name, detail };
  }
}

function incidentView({ id, position: _, ...rest }: IncidentRow) {
  return { incident_id: id, ...rest };
}
