import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma verify-report`: checks figures and signature of a truth mirror's report. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('verify-report')
    .argument(
      '<report>',
      'a report as the Truth mirror page saves it, or as GET /api/truth-mirror/runs/:id answers',
    )
    .option('--key <key>', 'the public key the report must be signed with (64 hex digits)')
    .description("check figures and signature of a truth mirror's report")
    .action(context.action(async () => (await import('../actions/verify-report.js')).verifyReportFile));
}
