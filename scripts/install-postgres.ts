// Makes sure that there is a PostgreSQL server for the tests that keep a copy of live models in one:
// npx jiti scripts/install-postgres.ts
//
// A server of version 15 or newer that is installed already will do. Otherwise, on Debian and as root, it installs
// Debian's package of version 15. The tests start servers of their own, on free ports of 127.0.0.1; one that the
// package sets up is neither started nor used.
import { spawnSync } from 'node:child_process'
import { OLDEST_POSTGRES, postgresFolder } from './postgresPrograms.ts'

const found = postgresFolder()
if (found !== undefined) {
  console.error(`install-postgres: the server is already in ${found}.`)
} else if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', `postgresql-${OLDEST_POSTGRES}`]]) {
    // Debian starts no server where it is told that this is run level 1.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env })
    if (status !== 0) skip(`apt-get ${args.join(' ')} failed`)
  }
  const installed = postgresFolder()
  if (installed === undefined) skip('the package was installed, but no server was found')
  console.error(`install-postgres: installed the server into ${installed}.`)
} else {
  skip(`there is no PostgreSQL ${OLDEST_POSTGRES} or newer, and only root can install it on Debian`)
}

function skip(why: string): never {
  console.error(`install-postgres: ${why}; the tests that need it will be skipped.`)
  process.exit(1)
}
