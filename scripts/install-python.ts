// Sets up Python in `.cache/python`, for the tests that read a lake with other programs or write files with them:
// npx jiti scripts/install-python.ts
//
// Everything is pinned in python-requirements.txt: pyarrow, pandas, polars, fastparquet, deltalake, DuckDB's command
// line and its delta extension. A second run does nothing; after the pins have changed, everything is installed again.
import { installPackages } from './pythonPackages.ts'

installPackages({
  installer: 'install-python',
  requirements: 'python-requirements.txt',
  folder: 'python',
  without: 'the tests that need it will be skipped',
})
