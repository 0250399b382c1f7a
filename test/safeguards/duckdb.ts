import type { Safeguard } from './safeguard.ts'

const LOCK = 'src/duckdb/lock.ts'
const RESOURCES = 'src/duckdb/resourceErrors.ts'
const SESSION = 'src/duckdb/session.ts'
const lockTest = 'test/duckdb/lock.test.ts'
const resourcesTest = 'test/duckdb/resourceErrors.test.ts'
const spillTest = 'test/duckdb/spillFolder.test.ts'
const machineTest = 'test/duckdb/machine.test.ts'

export const duckdb: readonly Safeguard[] = [
  {
    name: 'a lock that this process has is not taken by it a second time',
    file: LOCK,
    takes: 'if (heldHere.has(path)) return { held: true, processId: process.pid } heldHere.add(path)',
    leaves: 'heldHere.add(path)',
    tests: [lockTest],
  },
  {
    name: 'a look at a lock that this process has does not drop it',
    file: LOCK,
    takes: 'if (heldHere.has(path)) return { held: true, processId: process.pid } this.#instance',
    leaves: 'this.#instance',
    tests: [lockTest],
  },
  {
    name: 'a lock that could not be taken is not remembered as held',
    file: LOCK,
    takes: 'heldHere.delete(path) return heldBy(path, error)',
    leaves: 'return heldBy(path, error)',
    tests: [lockTest],
  },
  {
    name: 'a lock that was let go of can be taken again',
    file: LOCK,
    takes: 'heldHere.delete(this.#path)',
    leaves: '',
    tests: [lockTest],
  },
  {
    name: 'a file that is no lock is told as one',
    file: LOCK,
    takes: 'if (NO_LOCK.test(messageOf(error))) {',
    leaves: 'if (false) {',
    tests: [lockTest],
  },
  {
    name: 'a landed file is not judged by what DuckDB has kept of an older one',
    file: SESSION,
    takes: "enable_external_file_cache: 'false',",
    leaves: '',
    tests: ['test/duckdb/session.test.ts'],
  },
  {
    name: 'times are read and written as UTC',
    file: SESSION,
    takes: "['TimeZone', 'UTC'],",
    leaves: "['TimeZone', 'Asia/Tokyo'],",
    tests: ['test/duckdb/session.test.ts'],
  },
  {
    name: 'a batch of many partitions stays one file in each',
    file: SESSION,
    takes: "['partitioned_write_max_open_files', 1000],",
    leaves: '',
    tests: ['test/engines/duckdb.test.ts'],
  },
  {
    name: 'a file is not refused for its GeoParquet keys',
    file: SESSION,
    takes: "['enable_geoparquet_conversion', false],",
    leaves: '',
    tests: ['test/sources/landingFolder.extras.test.ts'],
  },
  {
    name: 'values are bound to one statement only',
    file: SESSION,
    takes: 'if (statements.count > 1 && Object.keys(parameters).length > 0) {',
    leaves: 'if (false) {',
    tests: ['test/lake/query.test.ts'],
  },
  {
    name: 'a closed session is told as closed',
    file: SESSION,
    takes: "if (this.#state !== 'open') throw closedError() const running",
    leaves: 'const running',
    tests: ['test/lake/query.test.ts'],
  },
  {
    name: 'a lack of descriptors is known by the code of the system',
    file: RESOURCES,
    takes: 'if (ofSystem !== undefined) return ofSystem',
    leaves: '',
    tests: [resourcesTest],
  },
  {
    name: 'an interrupted query says nothing against a file',
    file: RESOURCES,
    takes: "[/^INTERRUPT Error: /, 'time'],",
    leaves: '',
    tests: [resourcesTest],
  },
  {
    name: 'memory that DuckDB runs out of says nothing against a file',
    file: RESOURCES,
    takes: "[/^Out of Memory Error: /, 'memory'],",
    leaves: '',
    tests: [resourcesTest],
  },
  {
    name: 'the cause of a cause is looked at for a lack of the process',
    file: RESOURCES,
    takes: 'cause = (cause as { cause?: unknown }).cause',
    leaves: 'cause = undefined',
    tests: [resourcesTest, 'test/sources/landingFolder.resources.test.ts'],
  },
  {
    name: 'what a process that lives has spilled stays',
    file: 'src/duckdb/spillFolder.ts',
    takes: '|| !isOwnerDead(entry.name)',
    leaves: '',
    tests: [spillTest],
  },
  {
    name: 'each DuckDB of a process spills into a folder of its own',
    file: 'src/duckdb/spillFolder.ts',
    takes: 'OWNER, randomUUID()]',
    leaves: 'OWNER]',
    tests: ['test/lake/database.test.ts', spillTest],
  },
  {
    name: 'what a control group further up leaves a process is what it has',
    file: 'src/duckdb/machine.ts',
    takes: '(_, depth) => join(mount, ...steps.slice(0, depth))',
    leaves: '() => join(mount, ...steps)',
    tests: [machineTest],
  },
  {
    name: 'DuckDB leaves memory to Node and to its own buffers',
    file: 'src/duckdb/share.ts',
    takes: 'machine.memoryBytes * MEMORY_SHARE - BESIDE_BYTES',
    leaves: 'machine.memoryBytes',
    tests: [machineTest],
  },
]
