import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listTree } from './tree.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Builds `dist/` once for all tests that run the real program, unless it is newer than all that it is built from. */
export default function buildProgram(): void {
  const settings = ['scripts/build.ts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
  const sources = [...filesIn('src'), ...settings]
  const built = filesIn('dist')
  const newestSourceMs = Math.max(...sources.map(changedMs))
  const isFresh = built.includes('dist/cli/bin.cjs') && Math.min(...built.map(changedMs)) > newestSourceMs
  if (!isFresh) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
}

function filesIn(folder: string): string[] {
  return listTree(join(ROOT, folder)).flatMap(({ path, kind }) => (kind === 'file' ? [`${folder}/${path}`] : []))
}

function changedMs(path: string): number {
  return statSync(join(ROOT, path)).mtimeMs
}
