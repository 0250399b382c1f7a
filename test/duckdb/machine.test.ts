import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type Machine, thisMachine } from '../../src/duckdb/machine.ts'
import { shareOf } from '../../src/duckdb/share.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const HOST: Machine = { cores: 16, memoryBytes: 64e9 }

const CGROUPS = 'proc/self/cgroup'
const MOUNTS = 'proc/self/mountinfo'
const V2 = '25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot'
const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:15 - cgroup cgroup rw,cpu,cpuacct',
  '33 31 0:30 / /sys/fs/cgroup/memory rw,relatime shared:16 - cgroup cgroup rw,memory',
  '34 31 0:31 / /sys/fs/cgroup/systemd rw,relatime shared:17 - cgroup cgroup rw,name=systemd',
  '35 31 0:32 / /sys/fs/cgroup/unified rw,relatime shared:18 - cgroup2 cgroup2 rw',
].join('\n')
const v1Of = (path: string): string => `4:memory:${path}\n3:cpu,cpuacct:${path}\n2:name=systemd:/other\n0::/unified\n`

interface Case {
  readonly what: string
  /** The system's files, by their paths below the root. */
  readonly files: Readonly<Record<string, string>>
  readonly sees: Machine
}

const cases: readonly Case[] = [
  { what: 'no files at all, as on macOS', files: {}, sees: HOST },
  {
    what: 'a container of version 2, which sees its group as the top',
    files: {
      [CGROUPS]: '0::/\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/memory.max': '536870912\n',
    },
    sees: { cores: 2, memoryBytes: 536_870_912 },
  },
  {
    what: 'a service of version 2, bounded by a group above it',
    files: {
      [CGROUPS]: '0::/system.slice/lake.slice/land.service\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/system.slice/lake.slice/cpu.max': '300000 100000\n',
      'sys/fs/cgroup/system.slice/lake.slice/memory.max': '2000000000\n',
      'sys/fs/cgroup/system.slice/lake.slice/land.service/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/system.slice/lake.slice/land.service/memory.max': 'max\n',
    },
    sees: { cores: 3, memoryBytes: 2e9 },
  },
  {
    what: 'nested groups of version 2, of which the lowest limit counts',
    files: {
      [CGROUPS]: '0::/a/b\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/a/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/a/memory.max': '1000000000\n',
      'sys/fs/cgroup/a/b/cpu.max': '800000 100000\n',
      'sys/fs/cgroup/a/b/memory.max': '3000000000\n',
    },
    sees: { cores: 4, memoryBytes: 1e9 },
  },
  {
    what: 'memory above which a group of version 2 is slowed down',
    files: {
      [CGROUPS]: '0::/a\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/a/memory.max': '3000000000\n',
      'sys/fs/cgroup/a/memory.high': '1500000000\n',
    },
    sees: { cores: 16, memoryBytes: 1.5e9 },
  },
  {
    what: 'a group of version 2 without limits',
    files: {
      [CGROUPS]: '0::/a\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/a/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/a/memory.max': 'max\n',
      'sys/fs/cgroup/a/memory.high': 'max\n',
    },
    sees: HOST,
  },
  {
    what: 'limits above what the machine has',
    files: {
      [CGROUPS]: '0::/a\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/a/cpu.max': '6400000 100000\n',
      'sys/fs/cgroup/a/memory.max': '99000000000000\n',
    },
    sees: HOST,
  },
  {
    what: 'a quota of a core and a half, and one of less than a core',
    files: {
      [CGROUPS]: '0::/a/b\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    },
    sees: { cores: 2, memoryBytes: 64e9 },
  },
  {
    what: 'a quota of less than a core',
    files: { [CGROUPS]: '0::/\n', [MOUNTS]: V2, 'sys/fs/cgroup/cpu.max': '5000 100000\n' },
    sees: { cores: 1, memoryBytes: 64e9 },
  },
  {
    what: 'a service of version 1',
    files: {
      [CGROUPS]: v1Of('/lake/land'),
      [MOUNTS]: V1,
      'sys/fs/cgroup/cpu,cpuacct/lake/land/cpu.cfs_quota_us': '250000\n',
      'sys/fs/cgroup/cpu,cpuacct/lake/land/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/lake/land/memory.limit_in_bytes': '1073741824\n',
    },
    sees: { cores: 3, memoryBytes: 1_073_741_824 },
  },
  {
    what: 'a service of version 1, bounded by groups above it',
    files: {
      [CGROUPS]: v1Of('/lake/land'),
      [MOUNTS]: V1,
      'sys/fs/cgroup/cpu,cpuacct/lake/cpu.cfs_quota_us': '400000\n',
      'sys/fs/cgroup/cpu,cpuacct/lake/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/lake/land/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/lake/land/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/lake/memory.limit_in_bytes': '2000000000\n',
      'sys/fs/cgroup/memory/lake/land/memory.limit_in_bytes': '9223372036854771712\n',
    },
    sees: { cores: 4, memoryBytes: 2e9 },
  },
  {
    what: 'a group of version 1 without limits',
    files: {
      [CGROUPS]: v1Of('/'),
      [MOUNTS]: V1,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    },
    sees: HOST,
  },
  {
    what: 'a container of version 1, which names its group as the host does and sees it as the top',
    files: {
      [CGROUPS]: v1Of('/docker/0a1b'),
      [MOUNTS]: [
        '32 31 0:29 /docker/0a1b /sys/fs/cgroup/cpu,cpuacct ro,relatime master:15 - cgroup cpu rw,cpu,cpuacct',
        '33 31 0:30 /docker/0a1b /sys/fs/cgroup/memory ro,relatime master:16 - cgroup memory rw,memory',
      ].join('\n'),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '50000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '700000000\n',
    },
    sees: { cores: 2, memoryBytes: 7e8 },
  },
  {
    what: 'a group inside of such a container',
    files: {
      [CGROUPS]: v1Of('/docker/0a1b/inner'),
      [MOUNTS]: '33 31 0:30 /docker/0a1b /sys/fs/cgroup/memory ro,relatime - cgroup memory rw,memory',
      'sys/fs/cgroup/memory/inner/memory.limit_in_bytes': '500000000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '700000000\n',
    },
    sees: { cores: 16, memoryBytes: 5e8 },
  },
  {
    what: 'a container that names its group from the host’s top, of which it sees nothing but itself',
    files: {
      [CGROUPS]: '0::/kubepods/pod1/c2\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/memory.max': '800000000\n',
    },
    sees: { cores: 16, memoryBytes: 8e8 },
  },
  {
    what: 'a group outside of what its namespace shows',
    files: {
      [CGROUPS]: '0::/../../other\n',
      [MOUNTS]: V2,
      'sys/fs/cgroup/memory.max': '800000000\n',
      'other/memory.max': '1000\n',
    },
    sees: { cores: 16, memoryBytes: 8e8 },
  },
  {
    what: 'groups that are mounted elsewhere, by a name with a space',
    files: {
      [CGROUPS]: '0::/a:b c\n',
      [MOUNTS]: '25 20 0:22 / /run/control\\040groups rw - cgroup2 none rw',
      'run/control groups/a:b c/memory.max': '900000000\n',
    },
    sees: { cores: 16, memoryBytes: 9e8 },
  },
  {
    what: 'files that hold something else',
    files: {
      [CGROUPS]: 'no groups\n0:/a\n::\n0::/a\n',
      [MOUNTS]: `no mounts\n\n25 20 0:22\n${V2}`,
      'sys/fs/cgroup/a/cpu.max': 'many\n',
      'sys/fs/cgroup/a/memory.max': '1GB\n',
      'sys/fs/cgroup/a/memory.high': '-5\n',
      'sys/fs/cgroup/cpu.max': '100000\n',
      'sys/fs/cgroup/memory.max': '',
      'sys/fs/cgroup/memory.high': '0\n',
    },
    sees: HOST,
  },
  {
    what: 'a quota without a period, and one of none',
    files: {
      [CGROUPS]: v1Of('/a'),
      [MOUNTS]: V1,
      'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '0\n',
    },
    sees: HOST,
  },
  {
    what: 'groups without mounts',
    files: { [CGROUPS]: '0::/a\n', 'sys/fs/cgroup/a/memory.max': '1000\n' },
    sees: HOST,
  },
  {
    what: 'mounts without groups',
    files: { [MOUNTS]: V2, 'sys/fs/cgroup/memory.max': '1000\n' },
    sees: HOST,
  },
]

test.each(cases)('of the machine, a process may use what its control groups leave it: $what', ({ files, sees }) => {
  const root = temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  expect(thisMachine(root, HOST)).toEqual(sees)
})

test('this machine has a core and memory, and no more than Node sees', () => {
  const { cores, memoryBytes } = thisMachine()
  expect(cores).toBeGreaterThanOrEqual(1)
  expect(cores).toBeLessThanOrEqual(availableParallelism())
  expect(memoryBytes).toBeGreaterThan(0)
  expect(memoryBytes).toBeLessThanOrEqual(totalmem())
})

test.each([
  {
    what: 'a server',
    machine: { cores: 64, memoryBytes: 256e9 },
    set: {},
    share: { threads: 64, memoryBytes: 204_544e6 },
  },
  { what: 'a laptop', machine: { cores: 8, memoryBytes: 16e9 }, set: {}, share: { threads: 8, memoryBytes: 12_544e6 } },
  {
    what: 'a small container of a large host',
    machine: { cores: 64, memoryBytes: 1e9 },
    set: {},
    share: { threads: 8, memoryBytes: 544e6 },
  },
  {
    what: 'half a gigabyte',
    machine: { cores: 2, memoryBytes: 0.5e9 },
    set: {},
    share: { threads: 2, memoryBytes: 144e6 },
  },
  {
    what: 'less than is left over',
    machine: { cores: 2, memoryBytes: 0.25e9 },
    set: {},
    share: { threads: 1, memoryBytes: 96e6 },
  },
  {
    what: 'an odd number of bytes',
    machine: { cores: 1, memoryBytes: 4_000_000_001 },
    set: {},
    share: { threads: 1, memoryBytes: 2_944_000_000 },
  },
  {
    what: 'threads that are set',
    machine: { cores: 8, memoryBytes: 16e9 },
    set: { threads: 3 },
    share: { threads: 3, memoryBytes: 12_544e6 },
  },
  {
    what: 'more threads than there are cores',
    machine: { cores: 2, memoryBytes: 0.5e9 },
    set: { threads: 32 },
    share: { threads: 32, memoryBytes: 144e6 },
  },
  {
    what: 'memory that is set',
    machine: { cores: 8, memoryBytes: 16e9 },
    set: { memoryBytes: 20e9 },
    share: { threads: 8, memoryBytes: 20e9 },
  },
  {
    what: 'little memory that is set',
    machine: { cores: 8, memoryBytes: 16e9 },
    set: { memoryBytes: 200e6 },
    share: { threads: 3, memoryBytes: 200e6 },
  },
  {
    what: 'the least that a config may name',
    machine: { cores: 8, memoryBytes: 16e9 },
    set: { memoryBytes: 64e6 },
    share: { threads: 1, memoryBytes: 64e6 },
  },
])('DuckDB’s share follows the machine: $what', ({ machine, set, share }) => {
  expect(shareOf(machine, set)).toEqual(share)
})
