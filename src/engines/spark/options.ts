import type { EngineRunOptions } from '../kind.ts'

/** What a command says of Spark. */
export const sparkRunOptions: EngineRunOptions = {
  name: 'Spark',
  options: {
    'spark-master': {
      setting: 'master',
      describe: 'the master: local[*], spark://HOST:PORT, yarn or k8s://…',
      example: 'spark://10.0.0.1:7077',
    },
  },
  words: { setting: 'arguments', describe: 'words for spark-submit' },
}
