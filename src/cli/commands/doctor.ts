import type { Diagnosis, NamedFinding } from '../../lake/doctor/doctor.ts'
import type { Level } from '../../lake/doctor/finding.ts'
import { defineCommand } from '../command.ts'
import { plural } from '../format.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const doctor = defineCommand({
  name: 'doctor',
  describe: 'look at the machine and at all that the lake has on the disk; changes nothing; exit 1 on a failure',
  options: { json: { type: 'boolean', describe: 'one JSON object on stdout' } },
  examples: [
    ['doctor', 'a line for each check, with what to do'],
    ['doctor --json | jq ".findings[] | select(.level != \\"ok\\")"', 'for a script'],
  ],
  run: async (argv, terminal) => {
    // Imported here, like the lake of other commands: --help needs none of it.
    const { diagnose } = await import('../../lake/doctor/doctor.ts')
    const diagnosis = await diagnose({
      ...(argv.config === undefined ? {} : { config: argv.config }),
      ...(argv.lake === undefined ? {} : { lake: argv.lake }),
    })
    if (argv.json === true) terminal.data(JSON.stringify(diagnosis))
    else print(diagnosis, terminal)
    return diagnosis.ok ? 0 : 1
  },
})

function print({ findings }: Diagnosis, terminal: Terminal): void {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const { green, yellow, red } = terminal.dataColors
  const paint: Readonly<Record<Level, (text: string) => string>> = { ok: green, warn: yellow, fail: red }
  for (const { check, level, says, fix } of findings) {
    const what = visible(fix === undefined ? says : `${says} → ${fix}`)
    terminal.data(`${paint[level](level.padEnd(LEVEL_WIDTH))}${check.padEnd(width)}  ${what}`)
  }
  terminal.note(`doctor: ${summaryOf(findings)}`)
}

const LEVEL_WIDTH = 6

function summaryOf(findings: readonly NamedFinding[]): string {
  const [failed, warned] = (['fail', 'warn'] as const).map(
    (level) => findings.filter((one) => one.level === level).length,
  )
  if (failed === 0 && warned === 0) return 'nothing to say'
  return [failed ? plural(failed, 'failure') : '', warned ? plural(warned, 'warning') : ''].filter(Boolean).join(', ')
}
