import type { Check } from '../finding.ts'
import type { LakePlace } from '../place.ts'
import { claims } from './claims.ts'
import { clock } from './clock.ts'
import { engines } from './engines.ts'
import { folders } from './folders.ts'
import { foreignCommits } from './foreignCommits.ts'
import { links } from './links.ts'
import { logs } from './logs.ts'
import { missingFiles } from './missingFiles.ts'
import { records } from './records.ts'
import { runners } from './runners.ts'
import { smallFiles } from './smallFiles.ts'
import { space } from './space.ts'
import { unnamedFiles } from './unnamedFiles.ts'

/** What is looked at in a lake, in the order in which it is told. A new check is a file here and a line. */
export const LAKE_CHECKS: readonly Check<LakePlace>[] = [
  folders,
  links,
  space,
  clock,
  logs,
  records,
  missingFiles,
  unnamedFiles,
  smallFiles,
  claims,
  foreignCommits,
  engines,
  runners,
]
