import { namedStream } from '../../src/lake/byName.ts'
import { targetsOf } from '../../src/lake/engine.ts'
import type { OpenLake } from '../../src/lake/openLake.ts'
import { tracedStream } from '../../src/lake/tracedStream.ts'
import { FollowSource } from '../../src/serving/follow/source.ts'

/** What follows the stream silver of a lake, as a new process opens it. */
export function silverFollowed(lake: OpenLake): FollowSource {
  const silver = namedStream(lake.config, 'silver')
  return new FollowSource({
    follower: 'live',
    stream: tracedStream(lake, silver),
    tables: targetsOf(lake, silver),
    lakeFolder: lake.config.root,
    eventTime: 'timestamp',
    disk: lake.disk,
    connect: () => lake.database.connect(),
  })
}
